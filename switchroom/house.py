"""All the parts put together by keyword, the same for a live floor and for a virtual shift."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from acd.blending import Blending
from acd.engine import AcdEngine
from acd.figures import Figures
from acd.inbound import Inbound
from acd.later import Later
from acd.oncall import OnCall
from acd.queuelog import QueueLog
from acd.roster import Roster
from acd.supervision import Supervision
from acd.surge import SurgePlan, measured
from config.model import CampaignSettings, ServerSettings
from dialer.abandonment import Totals
from dialer.donotcall.bars import Bars
from dialer.engine import DialerEngine
from recording.engine import RecordingEngine
from switchroom import rosterfile
from switchroom.batchclock import BatchClock
from switchroom.core import Core
from switchroom.ids import call_ids, serials
from switchroom.outbox import Outbox
from switchroom.switchboard import Part, Switchboard
from switchroom.timers import Timers
from switchroom.watchman import Watchman
from telephony.calltable import CallTable
from telephony.commands import CheckRecording, LookUpCaller, WriteQueueLog
from telephony.ids import ServerId
from telephony.later import FileCallee, LookForMessage, ReadCallee
from telephony.numbers import PhoneNumber
from telephony.ports import Exchange, LeadSource, Ledger


def roster_of(server: ServerSettings) -> Roster:
    """When agents are planned to work; raises SettingsError when the roster's file cannot be used."""
    groups = {agent.id: agent.group for agent in server.agent}
    path = server.floor.roster
    lines = rosterfile.read(path, groups, set(groups.values())) if path is not None else ()
    return Roster(groups, server.floor.shift, lines, server.zone)


@dataclass(frozen=True, kw_only=True)
class House:
    """The parts of a running product."""

    core: Core
    outbox: Outbox
    calls: CallTable
    acd: AcdEngine
    inbound: Inbound
    figures: Figures
    surge: SurgePlan
    dialer: DialerEngine
    recorder: RecordingEngine
    supervision: Supervision
    on_call: OnCall


def _unkept(number: PhoneNumber) -> int:
    """The key of a number in a world that keeps nothing."""
    return number.key(b"closed world")


def build(
    *,
    server: ServerSettings,
    campaigns: Mapping[str, CampaignSettings],
    ledger: Ledger,
    leads: LeadSource,
    exchanges: Mapping[ServerId, Exchange],
    clock: Callable[[], float],
    totals: Mapping[str, Totals] | None = None,
    bars: Bars | None = None,
    started: float | None = None,
    look: Callable[[CheckRecording], None] = lambda _: None,
    later: Callable[[FileCallee | ReadCallee | LookForMessage], None] = lambda _: None,
    log_queue: Callable[[WriteQueueLog], None] = lambda _: None,
    on_idle: Callable[[], None] = lambda: None,
    find: Callable[[LookUpCaller], None] | None = None,
    fingerprint: Callable[[PhoneNumber], int] = _unkept,
) -> House:
    """Build the parts and connect them; nothing runs until the first event is fed, and the caller subscribes to the
    exchanges, whose events are for ``core.feed``.

    `started` is an instant no other run on the same database has begun at, from which ids are made; `find` looks up whose
    number it is that calls (None: nobody's), `fingerprint` gives a number's key."""
    started = clock() if started is None else started
    calls = CallTable()
    recorder = RecordingEngine(
        campaigns=campaigns,
        queues=server.queue,
        longest_pause_s=server.recording.longest_pause_s,
        visible=frozenset(a.name for a in server.asterisk if a.recordings_here is not None),
    )
    figures = Figures(server.agent, server.queue)
    looked_at = server.surge.queues or list(server.queue)
    surge = SurgePlan(server.surge, lambda now: measured(figures, looked_at, now))
    acd = AcdEngine(
        agents=server.agent,
        campaigns=campaigns,
        floor=server.floor,
        serial=serials(started),
        queues=server.queue,
        skills=server.skill,
        routing=server.routing,
        expected_s=figures.expected.expected_s,
        roster=roster_of(server),
    )
    served_later = Later(acd.floor, server.queue, server.voicemail, server.zone)
    supervision = Supervision(acd.floor, server.supervision, calls.calls)
    inbound = Inbound(
        acd.floor,
        queues=server.queue,
        nuisance=server.nuisance,
        calendars=server.calendar,
        zone=server.zone,
        region=server.region,
        trunks=server.trunk,
        fingerprint=fingerprint,
    )
    calls.place_of = inbound.place_of
    blending = Blending(server.queue, server.routing.blending)
    acd.supply.withheld_why, acd.supply.kept = blending.withheld, blending.kept
    on_call = OnCall(acd.floor, calls.calls, nodes=server.node, surveys=server.survey)
    dialer = DialerEngine(
        campaigns=campaigns,
        trunks=server.trunk,
        supply=acd.supply,
        call_ids=call_ids(started),
        totals=totals,
        agents=server.agent,
        bars=bars,
        calendars=server.calendar,
        zone=server.zone,
        transfer=server.transfer,
        fingerprint=fingerprint,
    )
    parts: list[Part] = [recorder, figures, surge, inbound, acd, served_later, on_call, supervision]
    parts += [blending, dialer, Watchman(), BatchClock()]
    if server.acd.queue_log is not None:
        parts.append(QueueLog(server.agent, server.queue))
    timers = Timers()
    core = Core(
        board=Switchboard(
            calls=calls,
            parts=parts,
        ),
        timers=timers,
        clock=clock,
        on_idle=on_idle,
    )
    outbox = Outbox(
        ledger=ledger,
        leads=leads,
        exchanges=exchanges,
        timers=timers,
        clock=clock,
        feed=core.feed,
        look=look,
        log_queue=log_queue,
        later=later,
        find=find,
    )
    core.connect(outbox)
    return House(
        core=core,
        outbox=outbox,
        calls=calls,
        acd=acd,
        figures=figures,
        surge=surge,
        dialer=dialer,
        recorder=recorder,
        supervision=supervision,
        on_call=on_call,
        inbound=inbound,
    )
