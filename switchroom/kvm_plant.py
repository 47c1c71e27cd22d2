"""From ``kvm.toml`` to the parts of the screens: the plant, the rights, the users, a driver for each matrix."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from config.kvm import GrantSettings, KvmFile, MatrixSettings, ReceiverSettings, TransmitterSettings
from config.words import say
from kvmctl.drivers import KINDS
from kvmctl.floor import Rule
from kvmctl.matrix.plant import Hotkey, MatrixId, Plant, Preset, Receiver, RxId, Seat, Transmitter, TxId
from kvmctl.ports import Channel, Driver, DriverKind, Option, OptionValue, Port
from kvmctl.rights import Grants, Level, Rights

LEVELS: dict[str, Level] = {level.name.lower(): level for level in Level}
_TYPES: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "whole": (int,),
    "number": (int, float),
    "truth": (bool,),
    "list": (list,),
}


class KvmFault(Exception):
    """A driver or an option of ``kvm.toml`` that does not fit; the command line says it and ends."""

    def __init__(self, code: str, words: Mapping[str, str]) -> None:
        super().__init__(code)
        self.code, self.words = code, dict(words)

    def say(self, lang: str) -> str:
        return say(lang, f"kvm.fault.{self.code}", **self.words)


@dataclass(frozen=True, kw_only=True)
class Built:
    """What the settings mean."""

    plant: Plant
    rights: Rights
    passwords: Mapping[str, str]
    matrices: Mapping[MatrixId, MatrixSettings]
    kinds: Mapping[MatrixId, DriverKind]
    drivers: Mapping[MatrixId, Driver]
    rules: tuple[Rule, ...]
    times: Mapping[str, list[float]]


def build(file: KvmFile) -> Built:
    """Raises KvmFault for an unknown driver, or an option it does not have or take."""
    kinds: dict[MatrixId, DriverKind] = {}
    drivers: dict[MatrixId, Driver] = {}
    for matrix in file.matrix:
        kind = KINDS.get(matrix.driver)
        if kind is None:
            raise KvmFault(
                "driver", {"matrix": matrix.name, "found": matrix.driver, "allowed": ", ".join(sorted(KINDS))}
            )
        kinds[MatrixId(matrix.name)] = kind
        drivers[MatrixId(matrix.name)] = kind.make(_options(matrix, kind))
    return Built(
        plant=_plant(file, drivers),
        rights=Rights(
            users={name: _grants(user, file) for name, user in file.user.items()},
            groups={name: _grants(group, file) for name, group in file.group.items()},
            member={name: user.groups for name, user in file.user.items()},
            default=LEVELS[file.kvm.access],
        ),
        passwords={name: user.password for name, user in file.user.items()},
        matrices={MatrixId(matrix.name): matrix for matrix in file.matrix},
        kinds=kinds,
        drivers=drivers,
        rules=tuple(
            Rule(
                on=rule.on,
                queue=rule.queue,
                alarm=rule.alarm,
                agent=rule.agent,
                preset=rule.preset,
                to=tuple(one for one in rule.to.split(",") if one),
                source=rule.source,
            )
            for rule in file.rule
        ),
        times={name: [_seconds(at) for at in preset.at] for name, preset in file.preset.items() if preset.at},
    )


def _options(matrix: MatrixSettings, kind: DriverKind) -> dict[str, OptionValue]:
    """Every option of the driver, filled in; the matrix's secret goes to the one that is secret."""
    known = {option.name: option for option in kind.options}
    for name in matrix.options:
        if name not in known:
            words = {"matrix": matrix.name, "found": name, "allowed": ", ".join(known) or "–"}
            raise KvmFault("option", words)
    return {option.name: _option(matrix, option) for option in kind.options}


def _option(matrix: MatrixSettings, option: Option) -> OptionValue:
    given: OptionValue | None = matrix.options.get(option.name, option.default)
    if option.secret and matrix.secret is not None:
        given = matrix.secret.get_secret_value()
    words = {"matrix": matrix.name, "option": option.name}
    if given is None:
        raise KvmFault("secret_missing" if option.secret else "option_missing", words)
    if not isinstance(given, _TYPES[option.kind]) or (isinstance(given, bool) and option.kind != "truth"):
        raise KvmFault("option_kind", {**words, "kind": option.kind})
    if isinstance(given, int | float) and not isinstance(given, bool):
        low, high = option.least, option.most
        if (low is not None and given < low) or (high is not None and given > high):
            raise KvmFault(
                "option_range",
                {
                    **words,
                    "low": f"{low:g}" if low is not None else "–",
                    "high": f"{high:g}" if high is not None else "–",
                },
            )
    return given


def _plant(file: KvmFile, drivers: Mapping[MatrixId, Driver]) -> Plant:
    tx_ids = {int(one.id): one.id for one in file.transmitter}
    rx_ids = {int(one.id): one.id for one in file.receiver}

    def head(id: str, heads: Iterable[str]) -> str:
        """The id as the device has it, leading zeros and all."""
        ids = tx_ids if all(int(one) in tx_ids for one in heads) else rx_ids
        return ids[int(id)]

    return Plant(
        transmitters=[
            Transmitter(id=TxId(one.id), name=one.name, matrix=MatrixId(one.matrix), ports=_ports(one, drivers))
            for one in file.transmitter
        ],
        receivers=[
            Receiver(id=RxId(one.id), name=one.name, matrix=MatrixId(one.matrix), ports=_ports(one, drivers))
            for one in file.receiver
        ],
        units=[[head(one, unit.heads) for one in unit.heads] for unit in file.unit],
        walls={name: [RxId(rx_ids[int(one)]) for one in wall.receivers] for name, wall in file.wall.items()},
        hotkeys=[Hotkey(name=name, targets=tuple(key.targets)) for name, key in file.hotkey.items()],
        presets=[
            Preset(
                name=name,
                pairs=tuple((RxId(rx_ids[int(rx)]), TxId(tx_ids[int(tx)])) for rx, tx in preset.shows.items()),
            )
            for name, preset in file.preset.items()
        ],
        seats=[
            Seat(
                name=name,
                receiver=RxId(rx_ids[int(seat.receiver)]),
                station=TxId(tx_ids[int(seat.station)]) if seat.station is not None else None,
                phone=seat.phone,
                agents=tuple(seat.agents),
                spare=seat.spare,
            )
            for name, seat in file.seat.items()
        ],
        short_base=file.kvm.short_base,
    )


def _ports(one: TransmitterSettings | ReceiverSettings, drivers: Mapping[MatrixId, Driver]) -> dict[Channel, Port]:
    """A connector for each channel its matrix switches."""
    own = {Channel.VIDEO: one.video, Channel.AUDIO: one.audio, Channel.USB: one.usb}
    channels = drivers[MatrixId(one.matrix)].traits.channels
    return {channel: Port(own[channel] or one.port or one.id) for channel in channels if own[channel] != "-"}


def _grants(given: GrantSettings, file: KvmFile) -> Grants:
    tx_ids = {int(one.id): one.id for one in file.transmitter}
    rx_ids = {int(one.id): one.id for one in file.receiver}

    def known(id: str, ids: Mapping[int, str]) -> str:
        return id if id == "*" else ids.get(int(id), id)

    return Grants(
        transmitters={known(id, tx_ids): LEVELS[level] for id, level in given.transmitters.items()},
        receivers={known(id, rx_ids): LEVELS[level] for id, level in given.receivers.items()},
        push=frozenset(known(id, rx_ids) for id in given.push),
        force=frozenset(known(id, rx_ids) for id in given.force),
    )


def _seconds(at: str) -> float:
    hours, minutes = at.split(":")
    return int(hours) * 3600.0 + int(minutes) * 60.0
