"""From a wish to a plan: which receivers show what, in which order, or why not. Pure; it changes nothing.

The checks of a source, in this order: known, within the user's rights, on the same matrix, not held by somebody else,
online, with video, not shown already. What comes with the picture is the least of what was wished, what the user may
and what an exclusive holder leaves.
"""

from collections.abc import Callable, Iterable
from typing import Any

from kvmctl.matrix.loans import Loans
from kvmctl.matrix.picture import Picture
from kvmctl.matrix.plant import Plant, RxId, TxId
from kvmctl.matrix.targets import ALL, on_heads, one_receiver, one_source, words
from kvmctl.matrix.wishes import (
    CallPreset,
    CancelPush,
    Connect,
    Control,
    Disconnect,
    Get,
    Plan,
    PointAt,
    Push,
    Refusal,
    Said,
    Salvo,
    Step,
    TakeOver,
    Wish,
)
from kvmctl.ports import Channel, Hold
from kvmctl.rights import HOUSE, Level, Rights

Planned = Plan | Refusal
NOT_MEANT = frozenset({Said.NO_PUSH, Said.SAME_SOURCE})
"""Receivers that ``all`` does not mean: where the user may not push, and those that show it already."""


class Planner:
    """Plans wishes for one plant and its users' rights, over the picture as it is."""

    def __init__(self, plant: Plant, rights: Rights, picture: Picture, loans: Loans) -> None:
        self._plant, self._rights, self._picture, self._loans = plant, rights, picture, loans
        self._rules: dict[type[Wish], Callable[[Any], Planned]] = {
            Connect: self._connect,
            Push: self._push,
            Get: self._get,
            Disconnect: self._disconnect,
            PointAt: self._point,
            CancelPush: self._cancel,
            CallPreset: self._preset,
            Salvo: lambda wish: self._salvo(wish.actor, wish.pairs),
            TakeOver: self._take_over,
        }

    def plan(self, wish: Wish) -> Planned:
        if not self._rights.knows(wish.actor):
            return Refusal(said=Said.NOT_SIGNED_IN)
        self._picture.look()
        return self._rules[type(wish)](wish)

    # the wishes

    def _connect(self, wish: Connect) -> Planned:
        if (refusal := self._here(wish.actor, wish.rx)) is not None:
            return refusal
        source = one_source(self._plant, wish.source)
        if isinstance(source, Refusal):
            return source
        freed: list[Step] = []
        if wish.force:
            freed = self._freed(wish.actor, source.id, wish.rx)
        steps = []
        wall = self._plant.wall(wish.rx)
        pairs = [(rx, source.id) for rx in wall] or list(
            zip(self._plant.rx_heads(wish.rx), self._plant.tx_heads(source.id), strict=False)
        )
        for rx, tx in pairs:
            step = self._step(wish.actor, rx, tx, wish.control, wish.hold, freed={step.rx for step in freed})
            if isinstance(step, Step):
                steps.append(step)
            elif tx == source.id and step.said is not Said.SAME_SOURCE:
                return step
        return Plan(steps=(*freed, *steps)) if steps else Refusal(said=Said.SAME_SOURCE, about=source.id)

    def _push(self, wish: Push) -> Planned:
        mine = [(rx, self._picture.shows(rx)) for rx in self._plant.rx_heads(wish.rx)]
        heads = [(rx, tx) for rx, tx in mine if tx is not None]
        if not heads or mine[0][1] is None:
            return Refusal(said=Said.NO_VIDEO, about=wish.rx)
        if self._picture.hold(wish.rx) is Hold.PRIVATE and wish.actor != HOUSE:
            return Refusal(said=Said.IN_PRIVATE, about=wish.rx)
        targets, left_out = on_heads(self._plant, wish.targets, len(heads))
        if not targets and not left_out:
            return Refusal(said=Said.NOTHING_TYPED)
        own = {rx for rx, _ in mine}
        everybody = ALL in (word.lower() for word in words(wish.targets))
        steps: list[Step] = []
        for rx, head in targets:
            if rx in own:
                continue
            source, tx = heads[head]
            step = self._pushed(wish, rx, source, tx)
            if isinstance(step, Step):
                steps.append(step)
            elif not (everybody and step.said in NOT_MEANT):
                left_out.append(step)
        if steps:
            return Plan(steps=tuple(steps), left_out=tuple(left_out))
        if left_out:
            return left_out[0]
        return Refusal(said=Said.NO_PUSH if everybody and targets else Said.SAME_SOURCE, about=wish.rx)

    def _pushed(self, wish: Push, rx: RxId, source: RxId, tx: TxId) -> Step | Refusal:
        """Permission follows the pusher: what he has at his own receiver is what the target gets. What was only pushed
        to him is not his to push on; the right on one receiver of a wall is that on the wall."""
        level = self._rights.on_tx(wish.actor, tx)
        if level < Level.VIEW:
            return Refusal(said=Said.OUT_OF_RANGE, about=tx)
        if not any(self._rights.may_push(wish.actor, one) for one in self._plant.wall(rx) or (rx,)):
            return Refusal(said=Said.NO_PUSH, about=rx)
        if self._picture.hold(rx) is not Hold.SHARED and not (wish.force and self._rights.may_force(wish.actor, rx)):
            return Refusal(said=Said.IN_USE, about=rx)
        control = self._picture.control(source)
        if level is Level.VIEW or self._picture.hold(source) is not Hold.SHARED:
            control = Control.VIEW
        return self._fits(rx, tx) or Step(rx=rx, tx=tx, control=control)

    def _get(self, wish: Get) -> Planned:
        if (refusal := self._here(wish.actor, wish.rx)) is not None:
            return refusal
        other = one_receiver(self._plant, wish.other)
        if isinstance(other, Refusal):
            return other
        level = self._rights.on_rx(wish.actor, other.id)
        if level is Level.HIDDEN:
            return Refusal(said=Said.UNKNOWN_ID, about=wish.other)
        if level < Level.VIEW:
            return Refusal(said=Said.OUT_OF_RANGE, about=other.id)
        if not self._picture.rx_online(other.id):
            return Refusal(said=Said.OFFLINE, about=other.id)
        if self._picture.hold(other.id) is Hold.PRIVATE and other.id != wish.rx:
            return Refusal(said=Said.IN_PRIVATE, about=other.id)
        wall = self._plant.wall(other.id)
        source = next((tx for rx in (other.id, *wall) if (tx := self._picture.shows(rx)) is not None), None)
        if source is None:
            return Refusal(said=Said.NO_VIDEO, about=other.id)
        step = self._step(wish.actor, wish.rx, source, Control.FULL, Hold.SHARED, freed=set())
        return Plan(steps=(step,)) if isinstance(step, Step) else step

    def _point(self, wish: PointAt) -> Planned:
        """The main receiver has keyboard and mouse; they go to the computer the screen shows."""
        if (refusal := self._here(wish.actor, wish.rx)) is not None:
            return refusal
        main = self._plant.main(wish.rx)
        heads = self._plant.rx_heads(main)
        if not 1 <= wish.screen <= len(heads):
            return Refusal(said=Said.UNKNOWN_ID, about=str(wish.screen))
        source, shows = self._picture.shows(heads[wish.screen - 1]), self._picture.shows(main)
        if source is None or shows is None:
            return Refusal(said=Said.NO_VIDEO, about=heads[wish.screen - 1])
        if self._rights.on_tx(wish.actor, source) is not Level.FULL:
            return Refusal(said=Said.OUT_OF_RANGE, about=source)
        if any(holder not in heads for holder in self._picture.holders(source, main)):
            return Refusal(said=Said.IN_USE, about=source)
        return Plan(steps=(Step(rx=main, tx=shows, hold=self._picture.hold(main), usb=source),))

    def _disconnect(self, wish: Disconnect) -> Planned:
        if (refusal := self._here(wish.actor, wish.rx)) is not None:
            return refusal
        screens = self._plant.wall(wish.rx) or self._plant.rx_heads(wish.rx)
        shown = [rx for rx in screens if self._picture.shows(rx) is not None]
        if not shown:
            return Refusal(said=Said.NO_VIDEO, about=wish.rx)
        return Plan(steps=tuple(Step(rx=rx, tx=None, control=Control.VIEW) for rx in shown))

    def _cancel(self, wish: CancelPush) -> Planned:
        own = set(self._plant.rx_heads(wish.rx))
        loans = [loan for rx in self._plant.rx_heads(wish.rx) for loan in self._loans.of(rx)]
        if wish.targets.strip():
            targets, unknown = on_heads(self._plant, wish.targets, len(own))
            if unknown:
                return unknown[0]
            wanted = {rx for rx, _ in targets}
            loans = [loan for loan in loans if loan.rx in wanted]
        mine = [
            loan for loan in loans if wish.actor in (loan.actor, HOUSE) or self._rights.may_force(wish.actor, loan.rx)
        ]
        if not mine:
            return Refusal(said=Said.OUT_OF_RANGE if loans else Said.NO_VIDEO, about=wish.rx)
        return Plan(
            steps=tuple(
                Step(rx=loan.rx, tx=loan.before.tx, control=loan.before.control, hold=loan.before.hold) for loan in mine
            )
        )

    def _preset(self, wish: CallPreset) -> Planned:
        preset = self._plant.presets.get(wish.name)
        if preset is None:
            return Refusal(said=Said.UNKNOWN_PRESET, about=wish.name[:40])
        return self._salvo(wish.actor, preset.pairs)

    def _salvo(self, actor: str, wanted: Iterable[tuple[RxId, TxId]]) -> Planned:
        """Rights are asked for all of it; what is only offline is left out."""
        steps: list[Step] = []
        left_out: list[Refusal] = []
        for rx, tx in wanted:
            if rx not in self._plant.rx or tx not in self._plant.tx:
                return Refusal(said=Said.UNKNOWN_ID, about=tx if rx in self._plant.rx else rx)
            allowed = self._rights.on_rx(actor, rx) is Level.FULL or self._rights.may_push(actor, rx)
            step = self._step(actor, rx, tx, Control.FULL, Hold.SHARED, freed=set())
            if not allowed or (isinstance(step, Refusal) and step.said in (Said.OUT_OF_RANGE, Said.UNKNOWN_ID)):
                return step if allowed and isinstance(step, Refusal) else Refusal(said=Said.OUT_OF_RANGE, about=rx)
            if isinstance(step, Step):
                steps.append(step)
            else:
                left_out.append(step)
        if steps:
            return Plan(steps=tuple(steps), left_out=tuple(left_out))
        return left_out[0] if left_out else Refusal(said=Said.NOTHING_TYPED)

    def _take_over(self, wish: TakeOver) -> Planned:
        """The spare's screens show what the failed seat's showed, or its computer."""
        failed, spare = self._plant.seats.get(wish.failed), self._plant.seats.get(wish.spare)
        if failed is None or spare is None or failed is spare:
            return Refusal(said=Said.UNKNOWN_SEAT, about=wish.failed if failed is None else wish.spare)
        if not self._rights.may_force(wish.actor, spare.receiver):
            return Refusal(said=Said.OUT_OF_RANGE, about=spare.receiver)
        steps: list[Step] = []
        refused: list[Refusal] = []
        old, new = self._plant.rx_heads(failed.receiver), self._plant.rx_heads(spare.receiver)
        stations = self._plant.tx_heads(failed.station) if failed.station is not None else ()
        for number, rx in enumerate(new):
            tx = self._picture.shows(old[number]) if number < len(old) else None
            if tx is None and number < len(stations):
                tx = stations[number]
            if tx is None:
                continue
            fits = self._fits(rx, tx)
            if fits is None:
                steps.append(Step(rx=rx, tx=tx))
            elif fits.said is not Said.SAME_SOURCE:
                refused.append(fits)
        if refused and not steps:
            return refused[0]
        off = [
            Step(rx=rx, tx=None, control=Control.VIEW)
            for rx in old
            if self._picture.shows(rx) and self._picture.rx_online(rx)
        ]
        return Plan(steps=(*steps, *off), left_out=tuple(refused))

    # the checks

    def _here(self, actor: str, rx: RxId) -> Refusal | None:
        """Whether the user may change what this receiver shows."""
        if rx not in self._plant.rx:
            return Refusal(said=Said.UNKNOWN_ID, about=rx)
        if self._rights.on_rx(actor, rx) < Level.FULL:
            return Refusal(said=Said.OUT_OF_RANGE, about=rx)
        return None

    def _step(
        self, actor: str, rx: RxId, tx: TxId, control: Control, hold: Hold, *, freed: set[RxId]
    ) -> Step | Refusal:
        level = self._rights.on_tx(actor, tx)
        if level is Level.HIDDEN:
            return Refusal(said=Said.UNKNOWN_ID, about=tx)
        if level is Level.NONE:
            return Refusal(said=Said.OUT_OF_RANGE, about=tx)
        workable = Channel.USB in self._plant.rx[rx].ports and Channel.USB in self._plant.tx[tx].ports
        if level is Level.VIEW or not workable:
            control = Control.VIEW
        for holder in self._picture.holders(tx, rx):
            if holder in freed or holder in self._plant.rx_heads(self._plant.main(rx)):
                continue
            if self._picture.hold(holder) is Hold.PRIVATE:
                return Refusal(said=Said.IN_PRIVATE, about=holder)
            control = Control.VIEW
        if control is Control.VIEW:
            hold = Hold.SHARED
        same = (self._picture.control(rx), self._picture.hold(rx)) == (control, hold)
        return self._fits(rx, tx, same=same) or Step(rx=rx, tx=tx, control=control, hold=hold)

    def _fits(self, rx: RxId, tx: TxId, same: bool = True) -> Refusal | None:
        picture = self._picture
        if self._plant.rx[rx].matrix != self._plant.tx[tx].matrix:
            return Refusal(said=Said.OTHER_MATRIX, about=tx)
        if not picture.reachable(rx):
            return Refusal(said=Said.MATRIX_DOWN, about=self._plant.rx[rx].matrix)
        online, video = picture.tx_good(tx)
        if not online:
            return Refusal(said=Said.OFFLINE, about=tx)
        if not picture.rx_online(rx):
            return Refusal(said=Said.OFFLINE, about=rx)
        if not video:
            return Refusal(said=Said.NO_VIDEO, about=tx)
        if picture.shows(rx) == tx and same:
            return Refusal(said=Said.SAME_SOURCE, about=tx)
        return None

    def _freed(self, actor: str, tx: TxId, rx: RxId) -> list[Step]:
        """Holders the user may force: they keep the picture, without keyboard and mouse, and hold it no longer."""
        return [
            Step(rx=holder, tx=tx, control=Control.VIEW)
            for holder in self._picture.holders(tx, rx)
            if self._rights.may_force(actor, holder)
        ]
