"""One agent: a table of states and verbs, and the books kept beside it.

The rules in prose. An agent who signs in is AUX until he asks to be ready and his phone is there. Only a READY agent can
be reserved, and only for one call. A reserved agent either talks, or is released when the call is gone, or, where his
phone rings and he does not take it, becomes AUX so that no second customer waits for an empty chair: for a while or until
he says that he is back, by the rules of no answer. A conversation ends in WRAP_UP, never in READY, so that its work is not
lost, and WRAP_UP ends by itself. An agent who consults keeps his customer, who is on hold: BACK leaves the customer on
hold, RESUME brings him back, and CALL_OVER ends the agent's part, whoever has the customer then. A lost phone makes a
free agent AUX at once; during a conversation it ends the conversation first. AUX always has a reason, one of the
house's, or one of the machine's when a phone, a miss or a leader put him there. FREE is the leader's: an agent stuck in a
call is out of it at once, in AUX, and takes calls again when he or the leader says so. ADOPT is the one verb from outside:
after a restart the PBX shows the agent in a conversation, and the PBX is right. A verb that has no entry for the state is
refused and changes nothing. ``python -m acd.statechart docs/states.md`` draws the table.
"""

from enum import StrEnum

import msgspec

from config.model import AgentSettings
from telephony.agents import AgentState, SeatMode
from telephony.facts import AgentChanged
from telephony.ids import AgentId, CallId, CampaignId, LegId, ServerId

S = AgentState


class Verb(StrEnum):
    SIGN_IN = "sign_in"
    SIGN_OUT = "sign_out"
    READY = "ready"
    NOT_READY = "not_ready"
    RESERVE = "reserve"
    RING = "ring"
    CONNECT = "connect"
    RELEASE = "release"
    MISS = "miss"
    HOLD = "hold"
    RESUME = "resume"
    CONSULT = "consult"
    BACK = "back"
    CALL_OVER = "call_over"
    WRAPPED = "wrapped"
    LOSE_PHONE = "lose_phone"
    FREE = "free"
    ADOPT = "adopt"


TABLE: dict[AgentState, dict[Verb, AgentState]] = {
    S.LOGGED_OUT: {Verb.SIGN_IN: S.AUX},
    S.AUX: {
        Verb.READY: S.READY,
        Verb.NOT_READY: S.AUX,
        Verb.SIGN_OUT: S.LOGGED_OUT,
        Verb.LOSE_PHONE: S.AUX,
        Verb.ADOPT: S.TALKING,
    },
    S.READY: {
        Verb.RESERVE: S.RESERVED,
        Verb.NOT_READY: S.AUX,
        Verb.SIGN_OUT: S.LOGGED_OUT,
        Verb.LOSE_PHONE: S.AUX,
        Verb.ADOPT: S.TALKING,
    },
    S.RESERVED: {
        Verb.RING: S.RINGING,
        Verb.CONNECT: S.TALKING,
        Verb.RELEASE: S.READY,
        Verb.MISS: S.AUX,
        Verb.LOSE_PHONE: S.AUX,
        Verb.FREE: S.AUX,
        Verb.ADOPT: S.TALKING,
    },
    S.RINGING: {
        Verb.CONNECT: S.TALKING,
        Verb.RELEASE: S.READY,
        Verb.MISS: S.AUX,
        Verb.LOSE_PHONE: S.AUX,
        Verb.FREE: S.AUX,
        Verb.ADOPT: S.TALKING,
    },
    S.TALKING: {
        Verb.HOLD: S.HOLD,
        Verb.CONSULT: S.CONSULTING,
        Verb.CALL_OVER: S.WRAP_UP,
        Verb.FREE: S.AUX,
        Verb.ADOPT: S.TALKING,
    },
    S.HOLD: {
        Verb.RESUME: S.TALKING,
        Verb.CONSULT: S.CONSULTING,
        Verb.CALL_OVER: S.WRAP_UP,
        Verb.FREE: S.AUX,
        Verb.ADOPT: S.TALKING,
    },
    S.CONSULTING: {
        Verb.BACK: S.HOLD,
        Verb.RESUME: S.TALKING,
        Verb.CALL_OVER: S.WRAP_UP,
        Verb.FREE: S.AUX,
        Verb.ADOPT: S.TALKING,
    },
    S.WRAP_UP: {
        Verb.WRAPPED: S.READY,
        Verb.NOT_READY: S.AUX,
        Verb.SIGN_OUT: S.LOGGED_OUT,
        Verb.ADOPT: S.TALKING,
    },
}

WITH_CUSTOMER = frozenset({S.TALKING, S.HOLD, S.CONSULTING})
ON_A_CALL = WITH_CUSTOMER | {S.RESERVED, S.RINGING}
NOT_THERE = frozenset({"UNAVAILABLE", "INVALID"})
"""Device states of a phone that cannot be reached."""


class IllegalVerb(Exception):
    """The verb has no entry for the agent's state; the state is unchanged."""


class Agent(msgspec.Struct, kw_only=True):
    """An agent and his books. `after` is what he becomes after the call: a not-ready reason, or "sign_out".

    `leaves_at` is the instant announced from which he takes no further call, `leaves_for` as `after`; `wrap_ends` when
    a wrap-up under way ends at the latest. `after_by` and `by` are who had it so, "" when nobody did.

    `device` is the PBX's word for his phone, "" when not known; `private` says that it is in a call none of ours.
    `misses` counts calls missed in a row; `back_at` is when he is back who is aside for one. `skills` are
    those a leader gave him, in the place of his settings'; empty for none.

    `away` is true while his phone is on another's call, which he supervises."""

    id: AgentId
    settings: AgentSettings
    server: ServerId
    mode: SeatMode
    state: AgentState = S.LOGGED_OUT
    reason: str = ""
    since: float = 0.0
    call: CallId | None = None
    last_call: CallId | None = None
    campaign: CampaignId = CampaignId("")
    seat: LegId | None = None
    seated: bool = False
    seat_tries: int = 0
    away: bool = False
    wants_ready: bool = False
    after: str = ""
    leaves_at: float | None = None
    leaves_for: str = ""
    wrap_ends: float = 0.0
    after_by: str = ""
    by: str = ""
    device: str = ""
    private: bool = False
    misses: int = 0
    back_at: float | None = None
    skills: dict[str, int] = msgspec.field(default_factory=dict)
    calls: int = 0
    spent: dict[AgentState, float] = msgspec.field(default_factory=dict)

    @property
    def phone_ready(self) -> bool:
        """Whether a customer could be put through: a nailed-up seat stands, or the phone that is rung for each call is
        registered, as far as is known, and in no other call."""
        if self.device in NOT_THERE or self.away:
            return False
        return self.seated or (self.mode is SeatMode.RING_EACH_CALL and not self.private)

    @property
    def why_no_phone(self) -> str:
        """The reason of an agent who would be free but for his phone."""
        return "phone_in_use" if self.private and self.device not in NOT_THERE else "phone_lost"

    @property
    def on_a_call(self) -> bool:
        return self.state in ON_A_CALL

    def may(self, verb: Verb) -> bool:
        return verb in TABLE[self.state]

    def do(self, verb: Verb, now: float, reason: str = "", actor: str = "") -> AgentChanged:
        """Carry the verb out; returns the change to journal. Raises IllegalVerb, leaving the agent as he was."""
        target = TABLE[self.state].get(verb)
        if target is None:
            raise IllegalVerb(f"{self.state} has no {verb}")
        was, lasted = self.state, max(0.0, now - self.since)
        self.spent[was] = self.spent.get(was, 0.0) + lasted
        self.state, self.reason, self.since, self.by = target, reason, now, actor
        if target is S.WRAP_UP:
            self.last_call, self.call = self.call, None
            self.calls += 1
        elif target not in ON_A_CALL:
            self.call = None
        return AgentChanged(
            agent=self.id,
            was=was,
            now=target,
            reason=reason,
            verb=verb,
            for_s=lasted,
            call=self.last_call if target is S.WRAP_UP else self.call,
            mode=self.mode,
            server=self.server,
            actor=actor,
        )


class Waiting(msgspec.Struct, kw_only=True):
    """A call nobody has yet, at our end since `answered_at`; `until` is when his patience by contract ends, None: never.

    `campaign` is the campaign's or the queue's name. `wanted` alone may take him, until `wanted_until` when that is given.
    `priority` puts him so many seconds ahead; `traits` are what rules may ask (language, region, value, last_agent …)."""

    call: CallId
    campaign: CampaignId
    server: ServerId
    answered_at: float
    until: float | None = None
    wanted: AgentId | None = None
    wanted_until: float | None = None
    priority: float = 0.0
    traits: dict[str, str] = msgspec.field(default_factory=dict)
