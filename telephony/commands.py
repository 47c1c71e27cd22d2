"""What the engines ask of the world, imperative; the outbox carries them out after the facts behind them are durable
where that matters (``Originate``), at once where it does not.
"""

import msgspec

from telephony.ids import AgentId, CallId, CampaignId, LegId, ServerId, TrunkId
from telephony.numbers import PhoneNumber

TimerKey = tuple[str, str]
"""(what for, whom for), e.g. ``("wrap_up", "1001")``; setting a key again moves its timer."""


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Anything an engine asks for."""


class PbxCommand(Command, frozen=True, kw_only=True):
    server: ServerId


class Listen(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Have the PBX listen for an answering machine once the customer has answered, for `most_s` seconds at most.

    `context` is the operator's own that does so, "" for Asterisk's AMD(), which gets `arguments`."""

    most_s: float = 1.8
    context: str = ""
    arguments: tuple[int, ...] = ()


class Originate(PbxCommand, frozen=True, kw_only=True, gc=False):
    """Dial a customer. Held back until the attempt is durable; never sent twice."""

    call: CallId
    campaign: CampaignId
    number: PhoneNumber
    trunk: TrunkId
    dial: str
    caller_id: str
    ring_s: float
    listen: Listen | None = None


class CallSupervisor(PbxCommand, frozen=True, kw_only=True):
    """Held back until all journalled before is durable. Call a supervisor's phone under the leg id given and let it into the call of the agent's leg `on`; `way` is listen,
    whisper, barge (into a call that rang the agent's phone) or join (the seat of `agent`)."""

    leg: LegId
    endpoint: str
    way: str
    on: LegId
    agent: AgentId
    ring_s: float
    auto_answer: bool


class MoveSupervisor(PbxCommand, frozen=True, kw_only=True):
    """Held back likewise. Have a supervisor's phone that is up go that way into a call; `back` is whose seat it goes to
    afterwards."""

    leg: LegId
    way: str
    on: LegId
    agent: AgentId
    back: AgentId | None = None


Audited = CallSupervisor | MoveSupervisor
"""What a supervisor may do only when it is in the audit trail."""


class SeatAgent(PbxCommand, frozen=True, kw_only=True):
    """Call the agent's phone and park it in the seat conference ``seat-<agent>`` under the leg id given."""

    agent: AgentId
    leg: LegId
    endpoint: str
    ring_s: float
    auto_answer: bool


class ConnectToSeat(PbxCommand, frozen=True, kw_only=True):
    """Move the customer into the agent's seat conference.

    With `waits` he waits there when the agent, on his way back, is not in it yet; else he is parked again."""

    call: CallId
    agent: AgentId
    waits: bool = False


class RingAgent(PbxCommand, frozen=True, kw_only=True):
    """Ring the agent's phone for this customer and bridge them on answer; on no answer the customer is parked again."""

    call: CallId
    agent: AgentId
    endpoint: str
    ring_s: float
    auto_answer: bool


class Park(PbxCommand, frozen=True, kw_only=True):
    """Put the customer back where he waits (music), out of any seat."""

    call: CallId


class HoldCustomer(PbxCommand, frozen=True, kw_only=True):
    """Customer hears music, agent stays in the seat; resumed by ConnectToSeat.

    `leg` is the leg of a phone that rang for the call, which goes into the seat of its `agent` in the same move."""

    call: CallId
    agent: AgentId | None = None
    leg: LegId | None = None


class VisitRoom(PbxCommand, frozen=True, kw_only=True):
    """Move the agent's leg from his seat into another's room as a guest: ``seat-<agent>`` or ``out-<call>``; when its
    host leaves it, he is back in his seat."""

    leg: LegId
    agent: AgentId
    room: str


class SendHome(PbxCommand, frozen=True, kw_only=True):
    """Move the agent's leg back into his own seat."""

    leg: LegId
    agent: AgentId


class DialOutside(PbxCommand, frozen=True, kw_only=True, gc=False):
    """Call a number outside for an agent, under the leg id given; answered it is the host of the room ``out-<call>``."""

    call: CallId
    leg: LegId
    number: PhoneNumber
    trunk: TrunkId
    dial: str
    caller_id: str
    ring_s: float


class ConnectOutside(PbxCommand, frozen=True, kw_only=True):
    """Move the customer into the room ``out-<call>``; when its host leaves it he is parked again."""

    call: CallId


class SendToNode(PbxCommand, frozen=True, kw_only=True):
    """Send the customer to an extension of the operator's own dialplan, after an announcement ("" for none); he is
    parked again when there is no such extension."""

    call: CallId
    context: str
    exten: str
    message: str = ""


class Question(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A question of a survey: the sound that asks it, and the digits that answer it."""

    sound: str
    digits: str = "12345"


class AskSurvey(PbxCommand, frozen=True, kw_only=True):
    """Ask the customer, question by question, `tries` times each, waiting `wait_s` for the digit; then hang up.

    Each answer comes as SurveyPressed, the end as SurveyOver. `intro` and `thanks` are sounds, "" for none."""

    call: CallId
    questions: tuple[Question, ...]
    tries: int = 2
    wait_s: float = 5.0
    intro: str = ""
    thanks: str = ""


class WarnAgent(PbxCommand, frozen=True, kw_only=True):
    """Play a short sound in the agent's seat."""

    agent: AgentId
    sound: str


class PlayAbandonMessage(PbxCommand, frozen=True, kw_only=True):
    """Play the recorded message to a customer nobody could take, offer the opt-out key, then hang up.

    `message` is the name of a sound as Asterisk knows it, `opt_out_key` a digit, star or hash."""

    call: CallId
    message: str = "switchroom-abandoned"
    opt_out_key: str = "9"


class LeaveMessage(PbxCommand, frozen=True, kw_only=True):
    """Wait for the end of an answering machine's greeting, play the message, then hang up."""

    call: CallId
    message: str = "switchroom-machine"


class GreetCaller(PbxCommand, frozen=True, kw_only=True):
    """A caller who stands in our dialplan waits from now on, answered or in early media; he reports as parked.

    `music` is a class of Asterisk's, "" for its default; `language` is what recordings are played in, "" the channel's."""

    call: CallId
    queue: CampaignId
    answer: bool
    music: str = ""
    language: str = ""


class AskAgain(PbxCommand, frozen=True, kw_only=True):
    """A caller we do not know stands in our dialplan: have him say again who he is; his music goes on."""

    leg: LegId


class Announce(PbxCommand, frozen=True, kw_only=True):
    """Play a waiting caller a recording, his place in the queue and his wait in minutes, those that are given."""

    call: CallId
    greeting: str = ""
    position: int | None = None
    minutes: int | None = None


class TurnAway(PbxCommand, frozen=True, kw_only=True):
    """Play a caller the recording, then hang up."""

    call: CallId
    message: str


class PutThrough(PbxCommand, frozen=True, kw_only=True):
    """Put a caller through to a number outside; `dial` as a trunk has it, `caller_id` is what is shown there."""

    call: CallId
    number: PhoneNumber
    dial: str
    caller_id: str


class LookUpCaller(Command, frozen=True, kw_only=True):
    """Find out whose number it is that calls us; answered by ``CallerFound``."""

    server: ServerId
    call: CallId
    number: PhoneNumber
    number_key: int


class HangUp(PbxCommand, frozen=True, kw_only=True):
    leg: LegId
    cause: int = 16


class StartRecording(PbxCommand, frozen=True, kw_only=True):
    """Record the customer's leg: ``<name>.wav`` mixed, ``<name>-rx.wav`` the customer, ``<name>-tx.wav`` the agent."""

    call: CallId
    name: str


class StopRecording(PbxCommand, frozen=True, kw_only=True):
    call: CallId


class MuteRecording(PbxCommand, frozen=True, kw_only=True):
    """Have the call's recording go on in silence, both ways, or with sound again; answered by RecordingMuted."""

    call: CallId
    muted: bool


class CheckRecording(Command, frozen=True, kw_only=True):
    """Look whether the recording's files are on disk; answered by RecordingLooked."""

    server: ServerId
    call: CallId
    name: str


class TakeSnapshot(PbxCommand, frozen=True, kw_only=True):
    """Ask the PBX for all its legs once; the answer comes as PbxSnapshot."""


class WriteQueueLog(Command, frozen=True, kw_only=True):
    """Add a line to the queue log."""

    line: str


class SetTimer(Command, frozen=True, kw_only=True):
    key: TimerKey
    at: float


class AfterLedger(Command, frozen=True, kw_only=True):
    """Fire this timer as soon as all journalled before is durable."""

    key: TimerKey


class CancelTimer(Command, frozen=True, kw_only=True):
    key: TimerKey


class FetchLeads(Command, frozen=True, kw_only=True):
    """Bring up to `limit` dialable leads of the campaign, best first; answered by ``LeadsFetched``.

    Only leads one of `holders` holds; "" is everybody. With `hurry` agents wait for them; else whoever reads lets calls
    in meanwhile."""

    campaign: CampaignId
    limit: int
    holders: tuple[str, ...] = ("",)
    hurry: bool = False
