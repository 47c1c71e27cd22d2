"""The table of agents' spells: each ends where the next begins, however facts are cut into batches."""

from contextlib import closing

import pytest
from sqlalchemy import select

import store
from store.inline import InlineLedger
from store.tables import agent_spells
from telephony.agents import AgentState, SeatMode
from telephony.facts import AgentChanged, Fact
from telephony.ids import AgentId, CallId, ServerId

S = AgentState
NOON = 1_800_000_000.0


def changed(was: AgentState, now: AgentState, reason: str = "", actor: str = "", agent: str = "1001") -> AgentChanged:
    return AgentChanged(
        agent=AgentId(agent), was=was, now=now, reason=reason, verb="v", for_s=1.0, mode=SeatMode.NAILED_UP,
        call=CallId("c-1") if now is S.TALKING else None, server=ServerId("pbx1"), actor=actor,
    )  # fmt: skip


DAY: list[tuple[float, Fact]] = [
    (NOON, changed(S.LOGGED_OUT, S.AUX, "signed_in", "1001")),
    (NOON + 5, changed(S.AUX, S.READY, actor="1001")),
    (NOON + 6, changed(S.LOGGED_OUT, S.AUX, "signed_in", "1002", agent="1002")),
    (NOON + 65, changed(S.READY, S.RESERVED)),
    (NOON + 65, changed(S.RESERVED, S.TALKING)),
    (NOON + 200, changed(S.TALKING, S.WRAP_UP)),
    (NOON + 230, changed(S.WRAP_UP, S.AUX, "lunch", "chief")),
]


@pytest.mark.parametrize("cut", [1, 2, 3, 7])
def test_every_spell_ends_where_the_next_begins(url: str, cut: int) -> None:
    with closing(store.open(url)) as opened:
        ledger = InlineLedger(opened, commit_every=1_000)
        for number, (at, fact) in enumerate(DAY, 1):
            ledger.submit([fact], at)
            if number % cut == 0:
                ledger.flush()
        ledger.flush()
        with opened.reading.begin() as connection:
            rows = connection.execute(
                select(agent_spells).where(agent_spells.c.agent == "1001").order_by(agent_spells.c.id)
            ).all()
            others = connection.execute(select(agent_spells.c.open).where(agent_spells.c.agent == "1002")).all()
    assert [row.state for row in rows] == ["aux", "ready", "reserved", "talking", "wrap_up", "aux"]
    assert [row.ended_at for row in rows] == [*(row.began_at for row in rows[1:]), None]
    assert [row.open for row in rows] == [None] * 5 + ["1001"]
    assert [(row.reason, row.actor, row.call) for row in rows][3:] == [
        ("", "", "c-1"),
        ("", "", None),
        ("lunch", "chief", None),
    ]
    assert [row.open for row in others] == ["1002"]
