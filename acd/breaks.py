"""Break tokens (小休牌): a table of states and verbs for each agent, and the queue of each group.

The rules in prose. A group has so many tokens. Whoever asks waits in his group's queue, in the order of asking. A free
token is offered to the first; he takes it in time or it lapses, he is out of the queue, and the next is offered it. Whoever
is on a call when his turn comes has taken it: he leaves when he is done. The token is his from the offer until he is
back. A leader grants one beyond the number, refuses, takes back, or extends. While breaks are restricted nobody is
offered one; offers not yet taken are recalled, and their agents are first again. Who signs out has none.
"""

from collections.abc import Callable, Iterator

import msgspec

from telephony.agents import BreakState, BreakVerb
from telephony.facts import BreakChanged
from telephony.ids import AgentId

S, V = BreakState, BreakVerb

TABLE: dict[BreakState, dict[BreakVerb, BreakState]] = {
    S.NONE: {V.ASK: S.WAITING, V.GRANT: S.LEAVING},
    S.WAITING: {
        V.OFFER: S.OFFERED,
        V.LAPSE: S.NONE,
        V.WITHDRAW: S.NONE,
        V.REFUSE: S.NONE,
        V.GRANT: S.LEAVING,
        V.GONE: S.NONE,
    },
    S.OFFERED: {
        V.TAKE: S.LEAVING,
        V.LAPSE: S.NONE,
        V.RECALL: S.WAITING,
        V.WITHDRAW: S.NONE,
        V.REFUSE: S.NONE,
        V.TAKE_BACK: S.NONE,
        V.GRANT: S.LEAVING,
        V.GONE: S.NONE,
    },
    S.LEAVING: {V.GO: S.OUT, V.WITHDRAW: S.NONE, V.TAKE_BACK: S.NONE, V.GONE: S.NONE},
    S.OUT: {V.END: S.NONE, V.EXTEND: S.OUT, V.TAKE_BACK: S.NONE, V.GONE: S.NONE},
}
HOLDS = frozenset({S.OFFERED, S.LEAVING, S.OUT})
"""States in which a token of the group is gone."""


class Token(msgspec.Struct, kw_only=True):
    """One agent's; `asked_at` is his place in the queue, `until` when an offer lapses or a break should be over."""

    agent: AgentId
    group: str
    state: BreakState = S.NONE
    asked_at: float = 0.0
    until: float | None = None


class Tokens:
    """Every agent's token, and who is next."""

    def __init__(self, at_once: Callable[[str], int]) -> None:
        """`at_once` tells how many tokens a group has."""
        self._at_once = at_once
        self._all: dict[AgentId, Token] = {}
        self._held: dict[str, int] = {}

    def of(self, agent: AgentId) -> Token | None:
        """The agent's token; None when he neither has nor wants one."""
        return self._all.get(agent)

    def state(self, agent: AgentId) -> BreakState:
        token = self._all.get(agent)
        return token.state if token is not None else S.NONE

    def may(self, agent: AgentId, verb: BreakVerb) -> bool:
        return verb in TABLE[self.state(agent)]

    def put(self, token: Token) -> None:
        """A token as it was before a restart."""
        self._all[token.agent] = token
        self._held[token.group] = self._held.get(token.group, 0) + (token.state in HOLDS)

    def do(
        self,
        agent: AgentId,
        group: str,
        verb: BreakVerb,
        now: float,
        *,
        actor: str = "",
        why: str = "",
        until: float | None = None,
    ) -> BreakChanged:
        """Carry a verb out that `may` allows; returns the change to journal."""
        token = self._all.setdefault(agent, Token(agent=agent, group=group))
        was, token.state = token.state, TABLE[token.state][verb]
        if was is S.NONE:
            token.asked_at = now
        token.until = until
        self._held[group] = self._held.get(group, 0) + (token.state in HOLDS) - (was in HOLDS)
        if token.state is S.NONE:
            del self._all[agent]
        return BreakChanged(
            agent=agent,
            group=group,
            was=was,
            now=token.state,
            verb=verb,
            actor=actor,
            why=why,
            asked_at=token.asked_at,
            until=until,
        )

    def free(self, group: str) -> int:
        """How many tokens the group has left; below 0 after a leader granted more."""
        return self._at_once(group) - self._held.get(group, 0)

    def queue(self, group: str) -> list[Token]:
        """Who waits for one of the group's, first come first."""
        waiting = [t for t in self._all.values() if t.group == group and t.state is S.WAITING]
        return sorted(waiting, key=lambda token: (token.asked_at, token.agent))

    def __iter__(self) -> Iterator[Token]:
        return iter(sorted(self._all.values(), key=lambda token: (token.group, token.asked_at, token.agent)))

    def groups(self) -> set[str]:
        return {token.group for token in self._all.values()}
