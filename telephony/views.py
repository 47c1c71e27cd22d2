"""What the floor looks like at one moment, for pages, the API and the command line. No numbers, masked or whole."""

import msgspec

from telephony.surge import SurgeView


class AgentView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    name: str
    state: str
    reason: str
    since: float
    call: str | None
    seated: bool
    mode: str
    server: str
    campaigns: tuple[str, ...]
    calls: int
    talk_s: float
    wrap_s: float
    idle_s: float
    leaves_at: float | None = None
    """From when on he takes no further call (epoch seconds), as announced; None when he has announced nothing."""
    leaves_for: str = ""
    """The not-ready reason he leaves for; empty to sign out."""
    queues: tuple[str, ...] = ()
    """The queues whose callers he serves."""
    by: str = ""
    """Who had him so, when it was somebody else."""
    back_at: float | None = None
    """When he is back who is aside for a missed call."""
    device: str = ""
    """The PBX's word for his phone; empty when not known."""
    break_state: str = ""
    """Where he is with a break token: waiting, offered, leaving, out; empty for none."""
    break_until: float | None = None


class BreakView(msgspec.Struct, frozen=True, kw_only=True):
    """An agent with a break token, or in the queue for one; `until` is when an offer lapses or the break is over."""

    agent: str
    group: str
    state: str
    asked_at: float
    until: float | None


class BreaksView(msgspec.Struct, frozen=True, kw_only=True):
    """All break tokens, by group in the order of asking; `restricted` is why none is offered, "" when they are."""

    tokens: tuple[BreakView, ...] = ()
    restricted: str = ""


class ContractView(msgspec.Struct, frozen=True, kw_only=True):
    """An abandon contract at the instant `at`: `abandoned` of `counted` since `begins` (epoch seconds, 0: ever since).

    `left` is how many more may be abandoned before the ceiling is passed, below 0 how many too many were."""

    name: str
    window: str
    target: float
    begins: float
    at: float
    abandoned: int
    counted: int
    rate: float | None
    left: int


class CampaignView(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign. `stages` counts its calls: dialling, ringing, waiting, talking. Rates are shares or None.

    `reason_code` and `reason_words` say why the pace is what it is; the pages translate them. `risk_cap` is the
    abandonment probability the next call may have, None where the rule knows no budget."""

    id: str
    title: str
    state: str
    mode: str
    stages: dict[str, int]
    agents: dict[str, int]
    hopper: int
    pace: float
    reason_code: str
    reason_words: dict[str, str]
    placed: int
    answered: int
    connected: int
    abandoned: int
    refused: int
    answer_rate: float | None
    abandon_rate: float | None
    target_abandon: float
    outcomes: dict[str, int]
    contracts: tuple[ContractView, ...] = ()
    """The abandon contracts, the one of ``pacing`` first: its rate and target are `abandon_rate` and `target_abandon`."""
    risk_cap: float | None = None


class TrunkView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    server: str
    state: str
    busy: int
    channels: int
    cps: float
    answered: int
    placed: int


class ServerView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    state: str
    why: str
    version: str
    lag_ms: float | None


class AlarmView(msgspec.Struct, frozen=True, kw_only=True):
    alarm: str
    about: str
    words: dict[str, str]
    since: float


class StockView(msgspec.Struct, frozen=True, kw_only=True):
    """How long customers last today: of a whole campaign (`group` ""), or of what one group or agent holds of it.

    `left` can be dialled today; `per_hour` goes in an hour of dialling, None when not known yet; `dry_at` (epoch
    seconds) is when nobody is left, None when they last through today's calling hours."""

    campaign: str
    group: str
    left: int
    per_hour: float | None
    dry_at: float | None


class QueueView(msgspec.Struct, frozen=True, kw_only=True):
    """One queue as it stands, and its calls decided since midnight. Shares or seconds, None of nobody.

    `service_levels` has each definition's name (see docs/acd.md), `recent_service_levels` over the last quarter of an
    hour; `expected_s` is what a caller who came now would wait; `threshold_s` is the service level's."""

    id: str
    title: str
    waiting: int
    longest_s: float
    expected_s: float | None
    threshold_s: float
    ready: int
    busy: int
    offered: int
    answered: int
    answered_in: int
    abandoned: int
    abandoned_in: int
    short: int
    sent_on: int
    overflowed: int
    asa_s: float | None
    abandonment: float | None
    longest_waited_s: float
    service_levels: dict[str, float | None]
    recent_service_levels: dict[str, float | None]


class CallView(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    campaign: str
    lead: int
    stage: str
    since: float
    agent: str | None
    trunk: str


class SupervisionView(msgspec.Struct, frozen=True, kw_only=True):
    """A supervisor on a call. `ear` is listen, whisper or barge; `open` whether it is so already; `told` whether agents
    may see it."""

    supervisor: str
    call: str
    agent: str
    ear: str
    since: float
    open: bool
    told: bool


class FloorView(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `at` is seconds since the epoch; `simulated` marks a closed world."""

    at: float
    simulated: bool
    version: str
    agents: tuple[AgentView, ...]
    campaigns: tuple[CampaignView, ...]
    calls: tuple[CallView, ...]
    trunks: tuple[TrunkView, ...]
    servers: tuple[ServerView, ...]
    alarms: tuple[AlarmView, ...]
    stocks: tuple[StockView, ...] = ()
    queues: tuple[QueueView, ...] = ()
    surge: SurgeView | None = None
    breaks: BreaksView = BreaksView()
    supervisions: tuple[SupervisionView, ...] = ()
