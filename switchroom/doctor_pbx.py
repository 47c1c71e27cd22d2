"""What the doctor asks an Asterisk: reachable, login, rights, version, clock, dialplan, trunks and phones."""

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from config.model import AgentSettings, AsteriskSettings, TrunkSettings
from switchroom.findings import Finding, bad, few, ok, warn
from telephony.ami.faults import ActionRefused, AmiFault, LoginRefused
from telephony.ami.outcome import granted
from telephony.ami.session import Session

CONNECT_S = 5.0
BOOTED_S = 2.0
OLDEST = 16
CLOCK_WARN_S = 2.0
CLOCK_BAD_S = 60.0
CONTEXTS = (
    *("switchroom-answered", "switchroom-amd", "switchroom-seat", "switchroom-agent", "switchroom-ring"),
    *("switchroom-hold", "switchroom-abandoned", "switchroom-inbound", "switchroom-caller"),
)
RIGHTS = {
    "Originate": "originate",
    "Redirect": "call",
    "Setvar": "call",
    "Hangup": "call",
    "CoreShowChannels": "reporting",
    "MixMonitor": "system",
    "StopMixMonitor": "system",
}
"""Actions the server takes, and the write class each asks for in manager.conf."""

Rows = list[dict[str, str]]


class AmiRequest(Protocol):
    """A logged-in manager session."""

    async def request(self, action: str, **headers: str) -> Rows:
        """The reply and the rows of its list; raises AmiFault, ActionRefused when the PBX says no."""
        ...

    async def hears_events(self) -> bool:
        """Whether FullyBooted came, which only users with read class system are told."""
        ...


Connect = Callable[[AsteriskSettings], AbstractAsyncContextManager[AmiRequest]]


@contextlib.asynccontextmanager
async def over_tcp(pbx: AsteriskSettings) -> AsyncIterator[AmiRequest]:
    """Log in to an Asterisk; raises OSError, TimeoutError, LoginRefused or AmiFault."""
    wire = _Wire(pbx)
    try:
        await wire.log_in()
        yield wire
    finally:
        wire.close()


async def pbx_findings(
    pbx: AsteriskSettings,
    trunks: Sequence[TrunkSettings],
    agents: Sequence[AgentSettings],
    *,
    connect: Connect = over_tcp,
    now: Callable[[], float] = time.time,
) -> list[Finding]:
    """All that can be learned of one Asterisk; never raises."""
    findings: list[Finding] = []
    where = {"server": pbx.name, "host": pbx.host, "port": pbx.port}
    try:
        async with connect(pbx) as ami:
            findings.append(ok("ami_login", **where, user=pbx.user))
            for look in (_version, _rights, _clock, _contexts):
                findings += await _tried(pbx, look.__name__[1:], look(pbx, ami, now))
            findings += await _tried(pbx, "endpoints", _endpoints(pbx, ami, trunks, agents))
    except LoginRefused as fault:
        findings.append(bad("ami_login_refused", **where, user=pbx.user, why=fault.why))
    except AmiFault as fault:
        findings.append(bad("ami_not_asterisk", **where, why=fault.why))
    except TimeoutError:
        findings.append(bad("ami_silent", **where))
    except OSError as error:
        findings.append(bad("ami_unreachable", **where, why=_why(error)))
    return findings


async def _tried(pbx: AsteriskSettings, what: str, look: Awaitable[list[Finding]]) -> list[Finding]:
    try:
        return await look
    except AmiFault as fault:
        return [warn("ami_unanswered", server=pbx.name, what=what, why=fault.why)]


async def _version(pbx: AsteriskSettings, ami: AmiRequest, _now: Callable[[], float]) -> list[Finding]:
    said = (await ami.request("CoreSettings"))[0]
    version = said.get("AsteriskVersion", "")
    major = version.rpartition("/")[2].partition(".")[0]
    if major.isdigit() and int(major) < OLDEST:
        return [bad("version_old", server=pbx.name, version=version, oldest=OLDEST)]
    found = [ok("version", server=pbx.name, version=version or "?")]
    if said.get("SystemName") == "":
        found.append(warn("system_name", server=pbx.name))
    return found


async def _rights(pbx: AsteriskSettings, ami: AmiRequest, _now: Callable[[], float]) -> list[Finding]:
    known = {name.lower() for row in await ami.request("ListCommands") for name in row}
    lacking = sorted({right for action, right in RIGHTS.items() if action.lower() not in known})
    findings = [bad("rights_lacking", server=pbx.name, user=pbx.user, rights=",".join(lacking))] if lacking else []
    if not await ami.hears_events():
        findings.append(bad("events_unheard", server=pbx.name, user=pbx.user))
    return findings or [ok("rights", server=pbx.name, user=pbx.user)]


async def _clock(pbx: AsteriskSettings, ami: AmiRequest, now: Callable[[], float]) -> list[Finding]:
    began = now()
    said = (await ami.request("Ping"))[0].get("Timestamp", "")
    ended = now()
    try:
        offset = float(said) - (began + ended) / 2
    except ValueError:
        return [warn("ami_unanswered", server=pbx.name, what="clock", why="no Timestamp")]
    words = {"server": pbx.name, "seconds": f"{round(offset, 1) + 0.0:+.1f}"}
    if abs(offset) > CLOCK_BAD_S:
        return [bad("clock_wrong", **words)]
    if abs(offset) > CLOCK_WARN_S:
        return [warn("clock_off", **words)]
    return [ok("clock", **words)]


async def _contexts(pbx: AsteriskSettings, ami: AmiRequest, _now: Callable[[], float]) -> list[Finding]:
    missing = []
    for context in CONTEXTS:
        try:
            await ami.request("ShowDialPlan", Context=context)
        except ActionRefused as fault:
            if "permission" in fault.why.lower():
                raise
            missing.append(context)
    if missing:
        return [bad("dialplan_missing", server=pbx.name, contexts=few(missing))]
    return [ok("dialplan", server=pbx.name, count=len(CONTEXTS))]


async def _endpoints(
    pbx: AsteriskSettings, ami: AmiRequest, trunks: Sequence[TrunkSettings], agents: Sequence[AgentSettings]
) -> list[Finding]:
    wanted_trunks = {trunk.name: name for trunk in trunks if (name := endpoint_of(trunk.dial))}
    wanted_phones = {agent.id: name for agent in agents if (name := endpoint_of(agent.endpoint))}
    if not (wanted_trunks or wanted_phones):
        return []
    try:
        rows = await ami.request("PJSIPShowEndpoints")
    except ActionRefused as fault:
        if "no endpoints" not in fault.why.lower():
            raise
        rows = []
    states = {row["ObjectName"]: row.get("DeviceState", "") for row in rows if "ObjectName" in row}
    findings = []
    for trunk, endpoint in wanted_trunks.items():
        words = {"server": pbx.name, "trunk": trunk, "endpoint": endpoint}
        if endpoint not in states:
            findings.append(bad("trunk_missing", **words))
        elif _away(states[endpoint]):
            findings.append(warn("trunk_away", **words))
        else:
            findings.append(ok("trunk", **words))
    missing = [f"{agent} ({name})" for agent, name in wanted_phones.items() if name not in states]
    away = [agent for agent, name in wanted_phones.items() if name in states and _away(states[name])]
    if missing:
        findings.append(bad("phones_missing", server=pbx.name, count=len(missing), phones=few(missing)))
    if away:
        findings.append(warn("phones_away", server=pbx.name, count=len(away), phones=few(away)))
    if wanted_phones and not missing and not away:
        findings.append(ok("phones", server=pbx.name, count=len(wanted_phones)))
    return findings


def endpoint_of(dial: str) -> str | None:
    """The PJSIP endpoint a dial string means, e.g. PJSIP/{digits}@carrier or PJSIP/1001; None for another technology."""
    technology, _, rest = dial.partition("/")
    if technology.upper() != "PJSIP":
        return None
    first = rest.partition("/")[0]
    return first.rpartition("@")[2] or None


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__


def _away(state: str) -> bool:
    return state.lower() in ("unavailable", "invalid")


class _Wire:
    """One AMI session of our own, apart from the server's."""

    def __init__(self, pbx: AsteriskSettings) -> None:
        self._pbx = pbx
        self._booted = asyncio.Event()
        self._session = Session(
            on_event=self._event, on_lost=lambda _why: None, timeout_s=min(pbx.action_timeout_s, 2 * CONNECT_S)
        )

    async def log_in(self) -> None:
        protocol = self._session.protocol
        async with asyncio.timeout(CONNECT_S):
            loop = asyncio.get_running_loop()
            await loop.create_connection(lambda: protocol, self._pbx.host, self._pbx.port)
        secret = self._pbx.secret.get_secret_value()
        login = (("Action", "Login"), ("Username", self._pbx.user), ("Secret", secret), ("Events", "on"))
        try:
            granted(await self._session.ask(login, timeout_s=CONNECT_S))
        except ActionRefused as fault:
            raise LoginRefused(fault.why) from None

    async def request(self, action: str, **headers: str) -> Rows:
        return granted(await self._session.ask((("Action", action), *headers.items())))

    async def hears_events(self) -> bool:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._booted.wait(), BOOTED_S)
        return self._booted.is_set()

    def close(self) -> None:
        self._session.close("examined")

    def _event(self, message: dict[str, str]) -> None:
        if message.get("Event") == "FullyBooted":
            self._booted.set()
