"""The whole rig: one Asterisk, a carrier, phones that answer and phones that ring in vain, each on an address of its own."""

import itertools
import os
import random
import shutil
import socket
import tempfile
from collections.abc import Mapping
from pathlib import Path

from config.asterisk_files import render
from config.model import AgentSettings, AsteriskSettings, ServerSettings, TrunkSettings
from tests.asterisk.rig.pbx import Pbx
from tests.asterisk.rig.sipp import Party
from tests.ports import free_port

SECRET = "swr; secret #1"
ANSWERING, IGNORING, ABSENT = 24, 4, 2
BROWSER, REGISTERING = "4001", "4002"
PASSWORD = "register; me"
LISTENING = ("5001", "5002")
"""Phones that keep what they hear; the second is one to which Asterisk would say whom it believes to be there."""
NAMING = ("naming", "trusted")
"""Trunks to a carrier that says the number everywhere; of the second Asterisk believes it."""
TONAL_PHONES = ("6001", "6002", "6003")
"""Phones that speak a tone each and keep what they hear: two agents' and a supervisor's."""
TONAL_TRUNK = "tonal"
"""A trunk whose customers do."""


def _network() -> str:
    """Three numbers of a loopback network nobody else uses, e.g. ``127.31.7``."""
    luck = random.Random(os.getpid())
    for _ in range(50):
        network = f"127.{luck.randint(16, 250)}.{luck.randint(1, 250)}"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind((f"{network}.1", 5060))
            except OSError:
                continue
            return network
    raise RuntimeError("no free loopback network")


def _listening(host: str) -> str:
    told = LISTENING[1]
    both = "".join(
        f"[{name}](switchroom-phone)\naors = {name}\n[{name}]\ntype = aor\ncontact = sip:{name}@{host}:5080\n"
        for name in LISTENING
    )
    saying = "send_pai = yes\nsend_rpid = yes\ntrust_id_outbound = yes\nsend_diversion = yes\nsend_history_info = yes\n"
    return both.replace(f"aors = {told}\n", f"aors = {told}\n{saying}rpid_immediate = yes\n")


def _naming(host: str) -> str:
    return "".join(
        f"[{name}](switchroom-trunk)\naors = {name}\n{'trust_id_inbound = yes' if name == 'trusted' else ''}\n"
        f"[{name}]\ntype = aor\ncontact = sip:{host}:5080\n"
        for name in NAMING
    )


def _tonal(hosts: Mapping[str, str]) -> str:
    return "".join(
        f"[{name}](switchroom-{'trunk' if name == TONAL_TRUNK else 'phone'})\naors = {name}\n"
        f"[{name}]\ntype = aor\ncontact = sip:{'' if name == TONAL_TRUNK else name + '@'}{host}:5080\n"
        for name, host in hosts.items()
    )


class Rig:
    """Started by ``start``, gone after ``close``; agents ``1001``… answer, ``2001``… ignore, ``3001``… are absent;
    one is a browser and one registers with a password."""

    def __init__(self, dest: Path, channels: int = 400, *, carrier: bool = True) -> None:
        """Without `carrier` nobody is at ``carrier.host``: the caller plays the carrier there himself."""
        self._plays_carrier = carrier
        self.run = Path(tempfile.mkdtemp(prefix="switchroom-rig-"))
        network = _network()
        self.carrier = Party(dest, self.run / "carrier", "carrier", f"{network}.2", f"{network}.1")
        self.answering = Party(dest, self.run / "answering", "agent", f"{network}.3", f"{network}.1")
        self.ignoring = Party(dest, self.run / "ignoring", "agent_ignores", f"{network}.4", f"{network}.1")
        answers = [str(1001 + n) for n in range(ANSWERING)]
        ignores = [str(2001 + n) for n in range(IGNORING)]
        absent = [str(3001 + n) for n in range(ABSENT)]
        self._free = {"answers": itertools.cycle(answers), "ignores": itertools.cycle(ignores)}
        self._free["absent"] = itertools.cycle(absent)
        ami = free_port()
        self.settings = ServerSettings(
            asterisk=[
                AsteriskSettings(
                    name="pbx1", port=ami, secret=SECRET, recordings=self.run / "pbx/spool/monitor", ping_s=1.0
                )
            ],
            trunk=[TrunkSettings(name="carrier", asterisk="pbx1", dial="PJSIP/{digits}@carrier", channels=channels)],
            agent=[
                AgentSettings(id=agent, asterisk="pbx1", endpoint=f"PJSIP/{agent}")
                for agent in (*answers, *ignores, *absent, BROWSER, REGISTERING)
            ],
        )
        contacts = {agent: self.answering.contact.replace("sip:", f"sip:{agent}@") for agent in answers}
        contacts |= {agent: self.ignoring.contact.replace("sip:", f"sip:{agent}@") for agent in ignores}
        files = render(
            self.settings,
            self.settings.asterisk[0],
            secrets=True,
            carriers={"carrier": self.carrier.contact},
            contacts=contacts,
            browsers={BROWSER},
            passwords={REGISTERING: PASSWORD},
            qualify_s=0,
        )
        self.listening, self.naming = f"{network}.5", f"{network}.6"
        self.tonal = {name: f"{network}.{7 + n}" for n, name in enumerate((*TONAL_PHONES, TONAL_TRUNK))}
        """Where each of them is."""
        files["switchroom_pjsip.conf"] += _listening(self.listening) + _naming(self.naming) + _tonal(self.tonal)
        files["switchroom_http.conf"] = files["switchroom_http.conf"].replace("8088", str(free_port()))
        self.pbx = Pbx(dest, self.run / "pbx", f"{network}.1", ami, files)

    @property
    def files(self) -> Mapping[str, str]:
        """What ``config.asterisk_files`` wrote for this rig."""
        return self.pbx.files

    def agent(self, habit: str) -> str:
        """An agent whose phone `answers`, `ignores` or is `absent`; taken in turn."""
        return next(self._free[habit])

    def start(self) -> None:
        for party in self._parties:
            party.start()
        self.pbx.start()

    def close(self) -> None:
        self.pbx.kill()
        for party in self._parties:
            party.stop()
        shutil.rmtree(self.run, ignore_errors=True)

    @property
    def _parties(self) -> tuple[Party, ...]:
        return (*((self.carrier,) if self._plays_carrier else ()), self.answering, self.ignoring)
