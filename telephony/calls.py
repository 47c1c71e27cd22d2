"""A call: one customer leg from the intent to dial until its one outcome, and the legs and bridges it meets."""

from enum import StrEnum

import msgspec

from telephony.facts import AbandonedBy, CallAbandoned, CallEnded, CallerGone, CallLeft, Fact, InboundEnded
from telephony.ids import AgentId, BridgeId, CallId, CampaignId, LeadId, LegId, ServerId, TrunkId
from telephony.outcomes import Evidence, Outcome, judge


class Stage(StrEnum):
    """Where a call stands. It only moves forward, but for WAITING after an agent who did not take it."""

    PLACED = "placed"
    RINGING = "ringing"
    ANSWERED = "answered"
    WAITING = "waiting"
    OFFERED = "offered"
    TALKING = "talking"
    HELD = "held"
    LEAVING = "leaving"


SHOWN_AS: dict[Stage, str] = {
    Stage.PLACED: "dialling",
    Stage.RINGING: "ringing",
    Stage.ANSWERED: "waiting",
    Stage.WAITING: "waiting",
    Stage.OFFERED: "waiting",
    Stage.TALKING: "talking",
    Stage.HELD: "talking",
    Stage.LEAVING: "talking",
}
"""The four stages people are shown."""


class Call(msgspec.Struct, kw_only=True, gc=False):
    """The books of one attempt. Instants are epoch seconds."""

    id: CallId
    campaign: CampaignId
    lead: LeadId
    trunk: TrunkId
    server: ServerId
    mode: str
    placed_at: float
    wanted: AgentId | None = None
    stage: Stage = Stage.PLACED
    since: float = 0.0
    evidence: Evidence = msgspec.field(default_factory=Evidence)
    rang_at: float | None = None
    answered_at: float | None = None
    connected_at: float | None = None
    left_at: float | None = None
    held_at: float | None = None
    held_s: float = 0.0
    agent: AgentId | None = None
    bridge: BridgeId | None = None
    agent_leg: LegId | None = None
    talk_from: float | None = None
    """Since when the agent who has him now has had him."""
    talked_s: float = 0.0
    """How long agents had him who have left him since."""
    held_before_s: float = 0.0
    talker: AgentId | None = None
    """The last agent who had him."""
    queue: CampaignId | None = None
    """Where he waits, if not where he came from."""
    in_seat: bool = False
    """The phone that rang for him has been moved into a seat and no longer ends with him by itself."""
    with_party: bool = False
    """He has been with a party outside since an agent had him."""
    abandoned: bool = False
    judged: bool = False
    hung_up_by_us: bool = False
    stale: bool = False
    missed_once: bool = False
    inbound: bool = False
    """Somebody called us: `placed_at` and `answered_at` are when he came, `campaign` is his queue."""
    way: str = ""
    """How a caller left his queue otherwise than to an agent or by hanging up."""
    waited_s: float | None = None
    """What a caller waited until an agent had him or he was sent on."""

    def move(self, stage: Stage, now: float) -> None:
        self.stage = stage
        self.since = now

    @property
    def in_talk(self) -> bool:
        return self.stage is Stage.TALKING or self.stage is Stage.HELD

    @property
    def waits_in(self) -> CampaignId:
        """The campaign or queue whose agents may take him."""
        return self.queue or self.campaign

    def begin_part(self, agent: AgentId, leg: LegId, now: float) -> bool:
        """The agent has him from now on; returns whether another, or the same, had him before."""
        again = self.talker is not None
        self.agent = self.talker = agent
        self.agent_leg, self.left_at, self.with_party = leg, None, False
        self.talk_from, self.held_before_s = now, self.held_s
        if self.connected_at is None:
            self.connected_at = now
        self.move(Stage.TALKING, now)
        return again

    def apart(self, now: float) -> list[Fact]:
        """Customer and agent part for good; nothing when they were not together."""
        if self.agent is None or not self.in_talk:
            return []
        if self.held_at is not None:
            self.held_s += now - self.held_at
            self.held_at = None
        began = self.talk_from if self.talk_from is not None else self.connected_at
        talk_s = max(0.0, now - began) if began is not None else 0.0
        self.talked_s += talk_s
        self.left_at, self.talk_from, self.in_seat = now, None, False
        self.move(Stage.LEAVING, now)
        hold_s = max(0.0, self.held_s - self.held_before_s)
        return [CallLeft(call=self.id, agent=self.agent, talk_s=talk_s, hold_s=hold_s)]

    def close(self, now: float, *, vanished: bool = False, place: int = 0) -> list[Fact]:
        """The last facts of the call; `vanished` when the PBX no longer knows it and nobody saw it end, `place` where
        a caller stood in his queue, 0 for nowhere."""
        facts = self.apart(now)
        if self.inbound:
            return facts + self._close_inbound(now, place)
        outcome = judge(self.evidence)
        if vanished and outcome not in (Outcome.ANSWERED, Outcome.MACHINE):
            outcome = Outcome.UNKNOWN
        if outcome is Outcome.ANSWERED and self.connected_at is None and not self.abandoned:
            by = AbandonedBy.SWITCHROOM if self.hung_up_by_us else AbandonedBy.CUSTOMER
            waited = now - self.answered_at if self.answered_at is not None else 0.0
            facts.append(CallAbandoned(call=self.id, campaign=self.campaign, by=by, waited_s=waited))
        rung_until = self.answered_at or now
        facts.append(
            CallEnded(
                call=self.id,
                campaign=self.campaign,
                lead=self.lead,
                trunk=self.trunk,
                server=self.server,
                outcome=outcome,
                agent=self.talker if self.connected_at is not None else None,
                rang=self.rang_at is not None,
                ring_s=max(0.0, rung_until - self.placed_at),
                talk_s=self.talked_s,
                hold_s=self.held_s,
                cause=self.evidence.cause,
                tech_cause=self.evidence.tech_cause,
            )
        )
        return facts

    def _close_inbound(self, now: float, place: int) -> list[Fact]:
        """The last facts of a caller's call."""
        waited_s = max(0.0, now - self.placed_at) if self.waited_s is None else self.waited_s
        ended = InboundEnded(
            call=self.id,
            queue=self.campaign,
            server=self.server,
            agent=self.talker if self.connected_at is not None else None,
            waited_s=waited_s,
            talk_s=self.talked_s,
            hold_s=self.held_s,
            cause=self.evidence.cause,
            way=self.way,
        )
        if self.connected_at is not None or self.way:
            return [ended]
        return [CallerGone(call=self.id, queue=self.campaign, waited_s=waited_s, position=place), ended]
