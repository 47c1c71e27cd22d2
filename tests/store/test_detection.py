"""What detection heard and what agents said of it, counted from the attempts as a report shows them."""

import store
from dialer.amd.errors import Counted
from dialer.amd.report import quantile
from store.detection import BIN_S, detected
from store.inline import InlineLedger
from telephony.detection import Heard, Then
from telephony.facts import CallConnected, CallDisposed, CallJudged, CallScreened, Fact
from telephony.ids import AgentId, CallId
from tests.store.trade import NOON, SPRING, placed

AGENT = AgentId("1001")


def listened(
    call: str, heard: Heard, took_s: float, then: Then | None = None, said: str = "", *, talked: bool = True
) -> list[Fact]:
    """One call under detection, and what its agent said of it if he had it."""
    id = CallId(call)
    facts: list[Fact] = [
        placed(call, lead=int(call[2:]), customer=f"k{call}", number_key=int(call[2:])),
        CallJudged(call=id, campaign=SPRING, heard=heard, took_s=took_s, why="word"),
    ]
    if then is not None:
        facts.append(CallScreened(call=id, campaign=SPRING, heard=heard, then=then))
    if then in (None, Then.AGENT, Then.SAMPLE) and talked:
        facts.append(CallConnected(call=id, agent=AGENT, waited_s=1.2))
    if said:
        facts.append(CallDisposed(call=id, agent=AGENT, disposition=said, note="", callback_at=None))
    return facts


def test_report_counts_what_was_heard_what_became_of_it_and_what_agents_said() -> None:
    opened = store.open("sqlite://")
    facts = [
        *listened("c-1", Heard.HUMAN, 1.00, said="sale"),
        *listened("c-2", Heard.HUMAN, 1.10, said="machine"),
        *listened("c-3", Heard.HUMAN, 1.20),
        *listened("c-4", Heard.MACHINE, 1.50, Then.HANG_UP),
        *listened("c-5", Heard.MACHINE, 1.50, Then.MESSAGE),
        *listened("c-6", Heard.MACHINE, 1.60, Then.SAMPLE, "machine"),
        *listened("c-7", Heard.MACHINE, 1.60, Then.SAMPLE, "sale"),
        *listened("c-8", Heard.MACHINE, 1.60, Then.SAMPLE, talked=False),
        *listened("c-9", Heard.UNSURE, 1.80, Then.AGENT, "not_interested"),
        placed("c-10", lead=10, customer="kc-10", number_key=10),
    ]
    ledger = InlineLedger(opened)
    ledger.submit(facts, NOON)
    ledger.close()
    found = detected(opened, SPRING, since=NOON - 1, until=NOON + 1, machine="machine")
    assert found.counted == Counted(
        heard_human=3, heard_machine=5, heard_unsure=1, away=2, sampled=3, checked=2, checked_people=1,
        passed=4, spoken=3, spoken_machines=1,
    )  # fmt: skip
    assert found.gone == 1
    assert sum(n for _, n in found.times) == 9
    assert quantile(found.times, 0.5, BIN_S) == 1.5
    assert quantile(found.times, 1.0, BIN_S) == 1.8
    assert found.causes == {"human": {"word": 3}, "machine": {"word": 5}, "unsure": {"word": 1}}
    nothing = detected(opened, SPRING, since=NOON + 1, until=NOON + 2, machine="machine")
    assert nothing.counted == Counted()
    assert quantile(nothing.times, 0.5, BIN_S) is None
    opened.close()
