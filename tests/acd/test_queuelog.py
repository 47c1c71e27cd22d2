"""The queue log's lines, event by event, as Asterisk 22 writes them."""

from acd.queuelog import QueueLog
from config.model import AgentSettings
from config.queues import QueueSettings
from telephony.agents import AgentState, HangUpAsked, SeatMode
from telephony.events import CallerArrived, HangupRequested
from telephony.facts import (
    AgentChanged,
    CallArrived,
    CallConnected,
    CallerGone,
    CallLeft,
    CallOffered,
    CallQueued,
    CallSentOn,
    InboundEnded,
    OfferFailed,
    SeatTaken,
    Way,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LegId, ServerId
from telephony.leads import Restored
from telephony.numbers import parse
from telephony.oncall import CallHandedOver, How, Kind
from telephony.surge import SurgeChanged

PBX, X = ServerId("pbx1"), CampaignId("x")
S = AgentState
T = 1_750_000_000.0
WHO = parse("13800138000", "CN")


class Log:
    """A queue log fed with a day's events; `lines` are what it wrote since the last look."""

    def __init__(self) -> None:
        agents = [
            AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001", queues=["x"]),
            AgentSettings(id="1002", asterisk="pbx1", endpoint="PJSIP/1002", queues=["x"], reserve_queues=["y"]),
        ]
        self.log = QueueLog(agents, {"x": QueueSettings(), "y": QueueSettings()})
        self.now = T
        self.lines: list[str] = []

    def at(self, seconds: float, *events: object) -> "Log":
        self.now = T + seconds
        for event in events:
            self.lines += [command.line for command in self.log.on(event, self.now)]
        return self

    def new(self) -> list[str]:
        lines, self.lines = self.lines, []
        return lines


def comes(call: str = "1750.1") -> list[object]:
    return [
        CallerArrived(server=PBX, leg=LegId(call), caller=WHO, called="400"),
        CallArrived(call=CallId(call), queue=X, server=PBX, customer=CustomerId(""), number_key=7, line="400"),
        queued(call),
    ]


def queued(call: str = "1750.1", queue: str = "x", position: int = 3) -> CallQueued:
    return CallQueued(call=CallId(call), queue=CampaignId(queue), server=PBX, position=position, expected_s=None)


def offered(call: str = "1750.1", agent: str = "1001") -> CallOffered:
    return CallOffered(call=CallId(call), campaign=X, agent=AgentId(agent), server=PBX, why="")


def connected(call: str = "1750.1", agent: str = "1001", waited_s: float = 12.0) -> CallConnected:
    return CallConnected(call=CallId(call), agent=AgentId(agent), waited_s=waited_s)


def left(call: str = "1750.1", agent: str = "1001") -> CallLeft:
    return CallLeft(call=CallId(call), agent=AgentId(agent))


def ended(call: str = "1750.1") -> InboundEnded:
    return InboundEnded(
        call=CallId(call), queue=X, server=PBX, agent=None, waited_s=0.0, talk_s=0.0, hold_s=0.0, cause=16
    )


def moved(agent: str, was: AgentState, now: AgentState, reason: str = "") -> AgentChanged:
    return AgentChanged(
        agent=AgentId(agent),
        was=was,
        now=now,
        reason=reason,
        verb="",
        for_s=0.0,
        call=None,
        mode=SeatMode.NAILED_UP,
        server=PBX,
    )


def sent_on(way: Way, why: str = "wait", to: str = "") -> CallSentOn:
    return CallSentOn(call=CallId("1750.1"), queue=X, way=way, to=to, why=why, waited_s=60.0)


def handed(how: How, kind: Kind, to: str, target: str | None = None) -> CallHandedOver:
    return CallHandedOver(
        call=CallId("1750.1"),
        agent=AgentId("1001"),
        how=how,
        kind=kind,
        to=to,
        target=AgentId(target) if target else None,
        queue=X,
        server=PBX,
    )


def talking() -> Log:
    """A call that came at 0 s, rang an agent in vain at 5 s, and is with another since 22 s."""
    log = Log().at(0, SeatTaken(agent=AgentId("1002"), leg=LegId("s-1002-k1"), server=PBX), *comes())
    log.at(5, offered(agent="1001")).at(20, OfferFailed(call=CallId("1750.1"), agent=AgentId("1001"), why="overdue"))
    return log.at(20, offered(agent="1002")).at(22, connected(agent="1002", waited_s=22.0))


def test_a_call_that_is_missed_once_then_answered_and_ended_by_the_caller() -> None:
    log = talking().at(82, HangupRequested(server=PBX, leg=LegId("1750.1"), cause=16))
    log.at(82, left(agent="1002")).at(82, ended())
    assert log.new() == [
        f"1750000000|1750.1|x|NONE|ENTERQUEUE||{WHO.masked}|3",
        "1750000020|1750.1|x|PJSIP/1001|RINGNOANSWER|15000",
        "1750000022|1750.1|x|PJSIP/1002|CONNECT|22|s-1002-k1|2",
        "1750000082|1750.1|x|PJSIP/1002|COMPLETECALLER|22|60|3",
    ]


def test_no_line_holds_a_whole_number() -> None:
    assert "13800138000" not in "\n".join(talking().new())
    assert "8000" not in f"{WHO.masked}"[:-4]


def test_a_call_ended_by_the_agent() -> None:
    log = talking()
    log.new()
    log.at(82, HangUpAsked(actor="1002", agent=AgentId("1002"))).at(82.1, left(agent="1002"), ended())
    assert log.new() == ["1750000082|1750.1|x|PJSIP/1002|COMPLETEAGENT|22|60|3"]
    log = talking()
    log.new()
    log.at(82, HangupRequested(server=PBX, leg=LegId("s-1002-k1"), cause=16)).at(82, left(agent="1002"))
    assert log.at(82.2, ended()).new() == ["1750000082|1750.1|x|PJSIP/1002|COMPLETEAGENT|22|60|3"]


def test_a_caller_who_gives_up() -> None:
    log = Log().at(0, *comes())
    log.new()
    log.at(31, CallerGone(call=CallId("1750.1"), queue=X, waited_s=31.0, position=2), ended())
    assert log.new() == ["1750000031|1750.1|x|NONE|ABANDON|2|3|31"]


def test_ways_out_of_a_queue() -> None:
    cases = {
        (Way.VOICEMAIL, "wait"): "EXITWITHTIMEOUT|3|3|60",
        (Way.OUTSIDE, "length"): "EXITWITHTIMEOUT|3|3|60",
        (Way.VOICEMAIL, "nobody"): "EXITEMPTY|3|3|60",
        (Way.CALLBACK, ""): "EXITWITHKEY|1|3|3|60",
    }
    for (way, why), line in cases.items():
        log = Log().at(0, *comes())
        log.new()
        assert log.at(60, sent_on(way, why)).new() == [f"1750000060|1750.1|x|NONE|{line}"]
    log = Log().at(0, *comes()).at(60, sent_on(Way.QUEUE, to="y"), queued(queue="y", position=1))
    assert log.new()[1:] == [
        "1750000060|1750.1|x|NONE|EXITWITHTIMEOUT|3|3|60",
        f"1750000060|1750.1|y|NONE|ENTERQUEUE||{WHO.masked}|1",
    ]


def test_whoever_is_turned_away_before_he_waits_joins_an_empty_queue_or_none() -> None:
    log = Log().at(0, *comes()[:2], sent_on(Way.FULL, "nobody"))
    assert log.new() == ["1750000000|1750.1|x|NONE|JOINEMPTY|"]
    assert Log().at(0, *comes()[:2], sent_on(Way.CLOSED, "closed")).new() == []


def test_transfers_are_in_the_log_and_end_the_first_agents_part() -> None:
    log = Log().at(0, *comes()).at(2, offered()).at(3, connected())
    log.new()
    log.at(33, handed(How.BLIND, Kind.QUEUE, "y"), left(), queued(queue="y", position=1))
    log.at(40, offered(agent="1002")).at(41, connected(agent="1002")).at(50, left(agent="1002"), ended())
    assert log.new() == [
        "1750000033|1750.1|x|PJSIP/1001|BLINDTRANSFER|y|switchroom|3|30|3",
        f"1750000033|1750.1|y|NONE|ENTERQUEUE||{WHO.masked}|1",
        "1750000041|1750.1|y|PJSIP/1002|CONNECT|8||1",
        "1750000050|1750.1|y|PJSIP/1002|COMPLETECALLER|8|9|1",
    ]
    log = Log().at(0, SeatTaken(agent=AgentId("1002"), leg=LegId("s-1002-k1"), server=PBX), *comes())
    log.at(2, offered()).at(3, connected())
    log.new()
    log.at(63, handed(How.ATTENDED, Kind.AGENT, "1002", "1002"), left(), connected(agent="1002"))
    assert log.at(90, left(agent="1002"), ended()).new() == [
        "1750000063|1750.1|x|PJSIP/1001|ATTENDEDTRANSFER|BRIDGE|s-1002-k1|3|60|3",
        "1750000063|1750.1|x|PJSIP/1002|CONNECT|63|s-1002-k1|0",
        "1750000090|1750.1|x|PJSIP/1002|COMPLETECALLER|63|27|3",
    ]


def test_members_come_and_go_and_pauses_have_their_reason() -> None:
    log = Log().at(0, moved("1001", S.LOGGED_OUT, S.AUX)).at(1, moved("1001", S.AUX, S.READY))
    log.at(2, moved("1001", S.READY, S.AUX, "lunch")).at(3, moved("1001", S.AUX, S.LOGGED_OUT))
    assert log.new() == [
        "1750000000|MANAGER|x|PJSIP/1001|ADDMEMBER|PAUSED",
        "1750000001|NONE|x|PJSIP/1001|UNPAUSE|",
        "1750000002|NONE|x|PJSIP/1001|PAUSE|lunch",
        "1750000003|MANAGER|x|PJSIP/1001|REMOVEMEMBER|",
    ]


def test_reserves_are_members_while_they_are_called() -> None:
    log = Log().at(0, moved("1002", S.LOGGED_OUT, S.READY))
    log.at(5, SurgeChanged(was=0, level=1, why="load", actions=("reserves",)))
    log.at(9, SurgeChanged(was=1, level=0, why="calm"))
    assert log.new() == [
        "1750000000|MANAGER|x|PJSIP/1002|ADDMEMBER|",
        "1750000005|MANAGER|y|PJSIP/1002|ADDMEMBER|",
        "1750000009|MANAGER|y|PJSIP/1002|REMOVEMEMBER|",
    ]


def test_a_run_begins_with_a_line_and_knows_who_waited_before() -> None:
    assert Log().at(0, Restored()).new() == ["1750000000|NONE|NONE|NONE|QUEUESTART|"]


def test_outbound_calls_are_not_in_the_log() -> None:
    log = Log().at(0, offered("c-1"), connected("c-1"), left("c-1"))
    assert log.new() == []


def test_no_field_can_end_a_line_or_begin_another_field() -> None:
    log = Log().at(0, moved("1001", S.READY, S.AUX, "lunch|\n1|2"))
    assert log.new() == ["1750000000|NONE|x|PJSIP/1001|PAUSE|lunch/ 1/2"]
