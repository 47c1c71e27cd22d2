"""The vocabulary of what an agent does with a call he has: what he asks, and the facts that tell the call's whole path.

Who had the customer, from whom to whom and when: ``CallConnected``, ``CallHeld``, ``ConsultBegun``, ``CallHandedOver`` and
``CallLeft`` in the journal, in their order, are the path of a call.
"""

from enum import StrEnum

import msgspec

from telephony.agents import AgentAsk
from telephony.facts import Fact
from telephony.ids import AgentId, CallId, CampaignId, LegId, ServerId, TrunkId
from telephony.numbers import PhoneNumber


class Kind(StrEnum):
    """Whom an agent may consult or transfer to."""

    AGENT = "agent"
    QUEUE = "queue"
    LEADER = "leader"
    NUMBER = "number"
    NODE = "node"
    SURVEY = "survey"


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to consult or transfer to: `name` is an agent's number, a queue's, an IVR node's or a survey's name."""

    kind: Kind
    name: str = ""
    number: PhoneNumber | None = None


class ConsultAsked(AgentAsk, frozen=True, kw_only=True):
    """The customer goes on hold and the party is called."""

    to: Party


class SwapAsked(AgentAsk, frozen=True, kw_only=True):
    """The agent turns from the customer to whom he consults, or back; the other waits."""


class ConsultEndAsked(AgentAsk, frozen=True, kw_only=True):
    """The party consulted goes; the customer stays on hold, or, in a three-way call, with the agent."""


class ConferenceAsked(AgentAsk, frozen=True, kw_only=True):
    """Customer, agent and the party consulted talk together."""


class TransferAsked(AgentAsk, frozen=True, kw_only=True):
    """The customer goes to `to` at once; None: to the party consulted, and the agent leaves the three of them."""

    to: Party | None = None


class SurveyAsked(AgentAsk, frozen=True, kw_only=True):
    """The agent ends his part, and the customer is asked how he found it; `survey` "" takes the one of his line."""

    survey: str = ""


class How(StrEnum):
    """How a customer went from one to the next."""

    BLIND = "blind"
    ATTENDED = "attended"
    """After a consultation, or out of a three-way call."""
    AGENT_GONE = "agent_gone"
    """The agent was lost while he consulted, and whom he consulted has the customer now."""
    SURVEY = "survey"
    TAKEN_OVER = "taken_over"
    """A supervisor has taken him."""


class ConsultBegun(Fact, frozen=True, kw_only=True):
    """The agent calls somebody while his customer waits. `target` is the colleague, `leg` the leg rung for it."""

    call: CallId
    agent: AgentId
    kind: Kind
    to: str
    target: AgentId | None
    leg: LegId | None
    server: ServerId


class ConsultJoined(Fact, frozen=True, kw_only=True):
    """The party called is there and talks with the agent."""

    call: CallId
    agent: AgentId
    target: AgentId | None


class ConsultSwapped(Fact, frozen=True, kw_only=True):
    """The agent has turned: `aside` when to the customer, the party waiting."""

    call: CallId
    agent: AgentId
    aside: bool


class ConferenceBegun(Fact, frozen=True, kw_only=True):
    """Customer, agent and party are three."""

    call: CallId
    agent: AgentId
    target: AgentId | None


class ConsultEnded(Fact, frozen=True, kw_only=True):
    """The consultation is over; `why` is cancelled, transferred, no_answer, refused, left, customer_left, agent_left or
    lost."""

    call: CallId
    agent: AgentId
    target: AgentId | None
    leg: LegId | None
    why: str
    talk_s: float = 0.0


class CallHandedOver(Fact, frozen=True, kw_only=True):
    """The customer goes from `agent` to somebody else; `target` is the colleague where one was chosen, `queue` where he
    waits where none was."""

    call: CallId
    agent: AgentId
    how: How
    kind: Kind
    to: str
    target: AgentId | None
    queue: CampaignId
    server: ServerId


class OutsideWanted(Fact, frozen=True, kw_only=True):
    """An agent wants a number outside for his call, to consult it or to transfer to it (`blind`); the gate has the say."""

    call: CallId
    agent: AgentId
    leg: LegId
    campaign: CampaignId
    server: ServerId
    blind: bool


class OutsidePlaced(Fact, frozen=True, kw_only=True):
    """The gate has let the number pass: it is dialled. `number_key` is its keyed fingerprint."""

    call: CallId
    agent: AgentId
    leg: LegId
    campaign: CampaignId
    trunk: TrunkId
    server: ServerId
    number_key: int
    blind: bool = False


class OutsideBarred(Fact, frozen=True, kw_only=True):
    """The gate, by `rule`, or the lines do not let the number be dialled; `until` as in DialRefused."""

    call: CallId
    agent: AgentId
    leg: LegId
    rule: str
    until: float | None


class HoldWarned(Fact, frozen=True, kw_only=True):
    """The customer has been on hold for `held_s`; in `left_s` it is too long."""

    call: CallId
    agent: AgentId
    held_s: float
    left_s: float


class HoldOverdue(Fact, frozen=True, kw_only=True):
    """The customer has been on hold longer than allowed; once for each hold."""

    call: CallId
    agent: AgentId
    held_s: float


class HoldReturned(Fact, frozen=True, kw_only=True):
    """A customer forgotten on hold is given back to his agent, or waits for another."""

    call: CallId
    agent: AgentId
    held_s: float


class SurveySent(Fact, frozen=True, kw_only=True):
    """The customer is asked `questions` questions about the agent."""

    call: CallId
    agent: AgentId
    survey: str
    questions: int
    server: ServerId


class SurveyAnswered(Fact, frozen=True, kw_only=True):
    """The customer has given a score; `question` counts from 1."""

    call: CallId
    agent: AgentId
    survey: str
    question: int
    score: int


class SurveyEnded(Fact, frozen=True, kw_only=True):
    """The survey is over, or the customer hung up."""

    call: CallId
    agent: AgentId
    survey: str
    answered: int
