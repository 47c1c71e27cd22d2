"""Every setting of Switchroom with its documentation; ``server.toml`` is read once, ``campaigns.toml`` while running.

The description of each field is what the annotated example shows, so it is written for the operator.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from config.acd import AcdSettings
from config.callers import NuisanceSettings
from config.fields import (
    AbandonWindow,
    CalendarCountry,
    Day,
    DialText,
    Line,
    Name,
    Outcome,
    Place,
    Prefix,
    ScopeName,
    Seconds,
    Secret,
    Section,
    Share,
    SoundName,
    Span,
    SpanOfTime,
    StoreUrl,
    Token,
    Zone,
    calendar_countries,
)
from config.floor import BreakSettings, NoAnswerSettings, ReasonSettings, ShiftSettings, usual_reasons
from config.later import RoundsSettings
from config.oncall import NodeSettings, SurveySettings, TransferSettings
from config.queues import Level, QueueSettings, SkillSettings
from config.routing import RoutingSettings
from config.spans import span
from config.supervision import RecordingSettings, SupervisionSettings
from config.surge import SurgeSettings

DAILY_CONTRACT = "pacing"
"""Name of the abandon contract that ``pacing.target_abandon`` states."""

PACKS = ("cn", "cn_collections", "us", "us_debt", "uk", "de", "ca", "in")
"""The policy packs there are, see ``config.policy``."""
Pack = Literal["none", "cn", "cn_collections", "us", "us_debt", "uk", "de", "ca", "in"]

Role = Literal["agent", "leader", "operator", "manager", "auditor", "admin"]
"""The roles of ``config.rights``."""


class StoreSettings(Section):
    url: StoreUrl = Field(
        "sqlite:///var/switchroom.db",
        description="Database: sqlite:///PATH or postgresql+psycopg://USER:PASSWORD@HOST/NAME.",
    )
    key_file: Place | None = Field(
        None,
        description="File with the key that customers' numbers and names are sealed with in the database; number.key in the data folder when not given. Made at the first start; keep a copy elsewhere.",
    )
    commit_wait_ms: float = Field(
        2.0,
        ge=0,
        le=1000,
        description="Least time between two commits, in milliseconds: facts that come in a stream are gathered, a lone one is written at once.",
    )
    free_mb: int = Field(
        200, ge=0, description="Below this many free megabytes on the data disk dialling stops with an alarm."
    )


class AuditSettings(Section):
    anchor: Place | None = Field(
        None,
        description="File to which the latest stamps are added, best on another machine's disk: it shows when the end of the books was cut off (`switchroom audit verify --anchor FILE`).",
    )
    anchor_s: float = Field(300.0, gt=0, le=86_400, description="Seconds between two lines of that file.")


class ApiSettings(Section):
    host: Line = Field(
        "127.0.0.1",
        description="Address the desk and the API listen on. Anything but loopback should stand behind TLS.",
    )
    port: int = Field(8700, ge=0, le=65535, description="Port of the desk and the API; 0 picks a free one.")
    tokens: dict[Name, Token] = Field(
        default_factory=dict,
        description="Access tokens by the name of their holder, at least 24 characters each; without one the API refuses everybody.",
    )
    reveals_per_hour: int = Field(
        60, ge=0, le=10_000, description="How many whole numbers one person may see in an hour, each with a reason."
    )
    roles: dict[Name, Role] = Field(
        default_factory=dict,
        description="Role of each token by its holder: agent, leader, operator, manager, auditor, admin. A token without one is an operator: it steers and imports, but neither approves changes, nor exports, nor sees whole numbers.",
    )


class LogSettings(Section):
    level: Literal["debug", "info", "warning", "error"] = Field("info", description="How much is logged.")
    file: Place | None = Field(None, description="Log file; standard error when not given.")


class AsteriskSettings(Section):
    name: Name = Field(description="Name of this Asterisk in Switchroom.")
    host: Line = Field("127.0.0.1", description="Address of its manager interface (AMI).")
    port: int = Field(5038, ge=1, le=65535, description="Port of its manager interface.")
    user: Line = Field(
        "switchroom", description="Manager user for events and actions (see `switchroom asterisk-config`)."
    )
    secret: Secret = Field(description="Password of the manager user.")
    ping_s: float = Field(
        5.0, gt=0, le=60, description="Seconds between pings; three without an answer and the link counts as lost."
    )
    action_timeout_s: float = Field(
        10.0, gt=0, le=120, description="Seconds after which an action without a reply ends with an error."
    )
    recordings: Place = Field(
        Path("/var/spool/asterisk/monitor"), description="Folder on the Asterisk machine where recordings are written."
    )
    recordings_here: Place | None = Field(
        None, description="The same folder as this machine sees it; needed to notice missing files."
    )


class TrunkSettings(Section):
    name: Name = Field(description="Name of the trunk.")
    asterisk: Name = Field(description="Name of the Asterisk it belongs to.")
    dial: DialText = Field(
        description="What Asterisk dials, e.g. PJSIP/{digits}@carrier; {digits} without plus, {e164} with, {national} without country code."
    )
    priority: int = Field(1, ge=1, le=100, description="Lower is tried first.")
    channels: int = Field(30, ge=1, le=10_000, description="Most calls at once.")
    cps: float = Field(5.0, gt=0, le=1000, description="Most new calls a second.")
    caller_ids: list[Line] = Field(
        default_factory=list, description="Caller ids used in turn; empty leaves the trunk's own."
    )
    allowed_prefixes: list[Prefix] = Field(
        default_factory=list,
        description="Fraud guard: only numbers beginning so (E.164, e.g. +86) are dialled; empty allows all.",
    )


class AgentSettings(Section):
    id: Name = Field(description="Agent number.")
    name: Line = Field("", description="Name shown to colleagues.")
    asterisk: Name = Field(description="Name of the Asterisk the agent's phone is registered at.")
    endpoint: Line = Field(description="What Asterisk dials to reach the phone, e.g. PJSIP/1001.")
    mode: Literal["nailed_up", "ring_each_call"] = Field(
        "nailed_up",
        description="nailed_up: the phone stays connected and customers are heard at once; ring_each_call: it rings for each.",
    )
    campaigns: list[Name] = Field(default_factory=list, description="Campaigns the agent serves.")
    queues: list[Name] = Field(default_factory=list, description="Queues whose callers the agent serves.")
    reserve_queues: list[Name] = Field(
        default_factory=list,
        description="Queues the agent, a manager or other reserve, serves besides while the surge plan calls the reserves.",
    )
    skills: dict[Name, Level] = Field(
        default_factory=dict, description="The agent's skills by name with their level, 1 (learning) to 5 (best)."
    )
    group: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{0,40}$")] = Field(
        "", description="Group the agent belongs to; portions of customers can be allocated to it."
    )
    leads: list[Line] = Field(
        default_factory=list,
        description='Groups whose shift leader the agent is, "*" for all: agents consult him and hand customers to him.',
    )


class FloorSettings(Section):
    wrap_up_s: Seconds = Field(
        30.0, description="Wrap-up time after a call, in seconds; 0 for none. Ends early with the disposition."
    )
    ring_s: Annotated[float, Field(ge=3, le=120)] = Field(
        15.0, description="How long an agent's phone rings before the call goes to another, in seconds."
    )
    auto_answer: bool = Field(
        True, description="Ask phones to answer by themselves (Call-Info and Alert-Info headers)."
    )
    reserve_s: Annotated[float, Field(ge=1, le=60)] = Field(
        5.0, description="An agent reserved for a call that is not bridged after this many seconds is released."
    )
    hold_s: Seconds = Field(
        30.0,
        description="How long a customer may be on hold; then the leader is alarmed and it is counted. 0 for no limit.",
    )
    hold_warn_s: Seconds = Field(10.0, description="The agent is warned so many seconds before that; 0 for no warning.")
    hold_sound: SoundName | None = Field(
        None, description="Sound the agent hears with the warning, e.g. beep; none when not given."
    )
    hold_back_s: Seconds = Field(
        300.0, description="A customer forgotten on hold is given back to his agent after so many seconds; 0 for never."
    )
    not_ready_reasons: list[Line] = Field(
        default_factory=lambda: ["break", "lunch", "training", "meeting"],
        description="Reasons an agent may give for being not ready; those of floor.reason come on top. Without any, every reason is taken.",
    )
    reason: dict[Name, ReasonSettings] = Field(
        default_factory=dict,
        description="What a reason for being not ready is: its names, whether it is work, its limit.",
    )
    no_answer: NoAnswerSettings = Field(
        default_factory=NoAnswerSettings, description="What becomes of an agent whose phone rang in vain."
    )
    breaks: BreakSettings = Field(default_factory=BreakSettings, description="Break tokens.")
    shift: dict[Name, ShiftSettings] = Field(
        default_factory=dict, description="Shifts by name, for the guard of breaks and for adherence."
    )
    roster: Place | None = Field(
        None,
        description="CSV file with planned times: agent (or group), date, begin, end; what it says of a day takes the place of the shift.",
    )

    @property
    def reasons(self) -> dict[str, ReasonSettings]:
        """Every reason an agent may give, with what it is; empty when every reason is taken."""
        usual = usual_reasons()
        named = {name: usual.get(name, ReasonSettings()) for name in self.not_ready_reasons}
        return {**named, **self.reason}

    def reason_of(self, name: str) -> ReasonSettings:
        """What a reason is, also one that nobody has named; a machine's own is no work and has no limit."""
        return self.reasons.get(name) or ReasonSettings()


class CalendarDay(Section):
    date: Day = Field(description="The day, YYYY-MM-DD.")
    kind: Literal["holiday", "working"] = Field(
        "holiday", description="holiday: no working day; working: a working day, whatever the country's calendar says."
    )


class CalendarSettings(Section):
    """A table ``[calendar.NAME]`` of ``server.toml``: the holidays of a country, and days of the house's own."""

    country: CalendarCountry = Field(
        "", description="Country whose public holidays are taken (ISO 3166), e.g. CN; empty for the listed days only."
    )
    subdivision: Line = Field(
        "", description="State or province whose holidays are taken too, e.g. BY; empty for the whole country's only."
    )
    day: list[CalendarDay] = Field(
        default_factory=list, description="Days that are otherwise than the country's calendar has them."
    )

    @field_validator("subdivision")
    @classmethod
    def _in_that_country(cls, subdivision: str, seen: ValidationInfo) -> str:
        country = seen.data.get("country")
        known = calendar_countries().get(country or "", []) if subdivision else []
        if subdivision and country is not None and subdivision not in known:
            allowed = ", ".join(sorted(known)) or "–"
            raise PydanticCustomError("subdivision_unknown", "not there", {"country": country, "allowed": allowed})
        return subdivision


class PolicySettings(Section):
    default: Pack = Field(
        "cn", description="Policy pack of campaigns that name none (`switchroom policy list`); none for no pack."
    )
    looser: list[
        Literal[
            "all",
            "frequency",
            "windows",
            "holiday_windows",
            "consent",
            "ring_s",
            "abandon",
            "pacing.target_abandon",
            "pacing.patience_s",
            "pacing.abandon_rest_h",
        ]
    ] = Field(
        default_factory=list,
        description="Settings in which campaigns may be looser than their pack; all for every one.",
    )


class BatchSettings(Section):
    release: Share = Field(
        0.3333, description="Share of an imported batch that may be dialled at once; a manager releases the rest."
    )
    recover_months: Annotated[int, Field(ge=1, le=10)] = Field(
        10, description="Customers handed out come back by themselves after so many calendar months, 10 at most."
    )
    warn_min: Annotated[int, Field(ge=1, le=1440)] = Field(
        60, description="Alarm when a campaign or group will have nobody left to call within so many minutes."
    )


Comparison = Literal["campaign", "live", "yesterday"]


def _comparisons() -> list[Comparison]:
    return ["campaign", "live", "yesterday"]


class IntakeSettings(Section):
    against: list[Comparison] = Field(
        default_factory=_comparisons,
        description="What an imported list is compared with, by number and by customer: the campaign's other lists, open batches of other campaigns, batches opened the day before; a number stands in a campaign once in any case.",
    )


class DoNotCallListSettings(Section):
    name: Name = Field(description="Name of the list in alarms and metrics.")
    file: Place = Field(description="The file `switchroom dnc build` made; replace it by building anew or with mv.")
    campaign: ScopeName = Field("", description="Campaign it holds for; empty for all.")
    owner: ScopeName = Field("", description="List owner whose campaigns it holds for; empty for all.")


Lists = list[DoNotCallListSettings]


class DoNotCallSettings(Section):
    list: Lists = Field(
        default_factory=list, description="Regulators' lists; while a file is missing at the start nothing is dialled."
    )


class ServerSettings(Section):
    """``server.toml``: read once at start."""

    name: Name = Field(
        "main",
        description="Name of this server; servers that share one PostgreSQL need one each, with Asterisks, agents and campaigns of their own.",
    )
    data: Place = Field(Path("var"), description="Folder for the database, logs and lists.")
    region: Annotated[str, Field(pattern="^[A-Z]{2}$")] = Field(
        "CN", description="Country whose numbering plan local numbers are read in (ISO 3166)."
    )
    zone: Zone = Field("Asia/Shanghai", description="The site's time zone, for days in reports.")
    store: StoreSettings = Field(default_factory=StoreSettings, description="Where facts are kept.")
    audit: AuditSettings = Field(
        default_factory=AuditSettings, description="The audit trail and the stamps of the journal."
    )
    api: ApiSettings = Field(default_factory=ApiSettings, description="The desk and the HTTP API.")
    log: LogSettings = Field(default_factory=LogSettings, description="Logging.")
    floor: FloorSettings = Field(default_factory=FloorSettings, description="Rules for all agents.")
    supervision: SupervisionSettings = Field(
        default_factory=SupervisionSettings, description="Supervisors on live calls."
    )
    recording: RecordingSettings = Field(default_factory=RecordingSettings, description="Recordings of calls.")
    intake: IntakeSettings = Field(default_factory=IntakeSettings, description="Import of customers' lists.")
    policy: PolicySettings = Field(default_factory=PolicySettings, description="Which rules campaigns must keep.")
    calendar: dict[Name, CalendarSettings] = Field(
        default_factory=dict, description="Holiday calendars by name; a campaign says which one it keeps."
    )
    do_not_call: DoNotCallSettings = Field(default_factory=DoNotCallSettings, description="The do-not-call list.")
    batch: BatchSettings = Field(default_factory=BatchSettings, description="Imported batches.")
    asterisk: list[AsteriskSettings] = Field(default_factory=list, description="The Asterisk servers.")
    trunk: list[TrunkSettings] = Field(default_factory=list, description="The trunks.")
    agent: list[AgentSettings] = Field(default_factory=list, description="The agents.")
    skill: dict[Name, SkillSettings] = Field(default_factory=dict, description="The skills by name.")
    nuisance: NuisanceSettings = Field(default_factory=NuisanceSettings, description="Nuisance callers.")
    queue: dict[Name, QueueSettings] = Field(
        default_factory=dict, description="The queues callers wait in, by name; none has the name of a campaign."
    )
    node: dict[Name, NodeSettings] = Field(
        default_factory=dict, description="IVR nodes agents may send customers to, by name."
    )
    survey: dict[Name, SurveySettings] = Field(default_factory=dict, description="The surveys by name.")
    transfer: TransferSettings = Field(
        default_factory=TransferSettings, description="Numbers outside that agents call for a customer."
    )
    routing: RoutingSettings = Field(default_factory=RoutingSettings, description="Which agent takes which call.")
    voicemail: RoundsSettings = Field(
        default_factory=RoundsSettings, description="The rounds in which callers' messages go out to agents."
    )

    acd: AcdSettings = Field(default_factory=AcdSettings, description="Inbound calls as a whole.")
    surge: SurgeSettings = Field(
        default_factory=SurgeSettings,
        description="The surge plan: what is done when more callers come than can be served.",
    )

    @property
    def key_file(self) -> Path:
        """Where the key of the database's sealed columns is."""
        return self.store.key_file or self.data / "number.key"


class RetryRule(Section):
    after_s: Annotated[float, Field(ge=0, le=90 * 86_400)] = Field(
        3600.0, description="Seconds until the lead is due again."
    )
    times: Annotated[int, Field(ge=0, le=100)] = Field(3, description="How often in all; 0 closes the lead at once.")


def _retries() -> dict[str, RetryRule]:
    minute, hour, day = 60.0, 3600.0, 86_400.0
    return {
        "busy": RetryRule(after_s=10 * minute, times=3),
        "no_answer": RetryRule(after_s=4 * hour, times=3),
        "machine": RetryRule(after_s=4 * hour, times=2),
        "declined": RetryRule(after_s=7 * day, times=1),
        "unavailable": RetryRule(after_s=day, times=2),
        "congestion": RetryRule(after_s=5 * minute, times=5),
        "trunk_down": RetryRule(after_s=5 * minute, times=5),
        "cancelled": RetryRule(after_s=hour, times=3),
        "refused": RetryRule(after_s=10 * minute, times=3),
        "unknown": RetryRule(after_s=day, times=2),
        "abandoned": RetryRule(after_s=3 * day, times=1),
        "invalid": RetryRule(after_s=0, times=0),
    }


class FrequencyRule(Section):
    calls: Annotated[int, Field(ge=1, le=1000)] = Field(2, description="At most this many calls …")
    within: SpanOfTime = Field(
        "1 month", description="… within this span, e.g. 24 hours, 7 days, 1 month, in the called party's time …"
    )
    rest: Span = Field(
        "3 months", description="… and once reached, none for this span after the last; 0 days for no rest."
    )
    window: Literal["sliding", "calendar"] = Field(
        "sliding",
        description="sliding: any such span; calendar: the day, week (from Monday), month or year on the calendar.",
    )
    per: Literal["customer", "number"] = Field(
        "customer",
        description="customer: calls to the customer by any of his numbers, and to the number at hand; number: only the latter.",
    )
    scope: Literal["everywhere", "campaign"] = Field(
        "everywhere", description="everywhere: calls of all campaigns count; campaign: only those of this campaign."
    )
    counts: Literal["placed", "answered", "connected"] = Field(
        "placed",
        description="placed: every call counts; answered: those the customer took; connected: those that reached an agent.",
    )
    uncounted: list[Outcome] = Field(
        default_factory=list, description="Outcomes of calls that do not count; empty counts every call placed."
    )

    @field_validator("window")
    @classmethod
    def _on_the_calendar(cls, window: str, seen: ValidationInfo) -> str:
        within = seen.data.get("within")
        if window == "calendar" and within is not None:
            length = span(within)
            if length.count != 1 or length.seconds:
                raise PydanticCustomError("window_calendar", "not one on the calendar", {"within": within})
        return window


class CallingWindow(Section):
    days: list[Annotated[int, Field(ge=1, le=7)]] = Field(
        default_factory=lambda: [1, 2, 3, 4, 5, 6, 7], description="Weekdays, Monday is 1."
    )
    begin: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(
        description="Calling may begin, HH:MM in the called party's time."
    )
    end: Annotated[str, Field(pattern=r"^(([01]\d|2[0-3]):[0-5]\d|24:00)$")] = Field(
        description="Calling must end, HH:MM in the called party's time; 24:00 is midnight."
    )

    @field_validator("end")
    @classmethod
    def _later_than_begin(cls, end: str, seen: ValidationInfo) -> str:
        begin = seen.data.get("begin")
        if begin is not None and end <= begin:
            raise PydanticCustomError("window_order", "ends before it begins", {"begin": begin})
        return end


def _windows() -> list[CallingWindow]:
    return [CallingWindow(begin="08:25", end="12:40"), CallingWindow(begin="13:00", end="18:00")]


class AbandonContract(Section):
    """One ceiling on abandoned calls; a campaign keeps all it has at once."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_. ]{0,40}$")] = Field(
        "", description="Name shown to people; empty shows the window."
    )
    target: Share = Field(
        0.03,
        description="Ceiling: share of the customers counted who may be abandoned; 0 allows no call beyond free agents.",
    )
    window: AbandonWindow = Field(
        "30 days",
        description="What it is counted over: the last 1 hour … 31 days, the calendar day or month of the site's zone, or campaign (ever since it began).",
    )
    threshold_s: Annotated[float, Field(gt=0, le=30)] = Field(
        2.0, description="A customer not connected within this many seconds of the clock's start is abandoned."
    )
    clock: Literal["answer", "amd_end"] = Field(
        "answer",
        description="Where the clock starts: answer (the customer picked up); amd_end (the PBX hands him on after answering-machine detection, a little after the end of his greeting).",
    )
    late: Literal["abandoned", "connected"] = Field(
        "abandoned", description="What customers connected after the threshold count as."
    )
    early: Literal["left_out", "connected", "abandoned"] = Field(
        "left_out", description="What customers count as who hang up within the threshold themselves."
    )
    of: Literal["people", "answered"] = Field(
        "people",
        description="What the rate is a share of: people (customers who answered), answered (all answered calls, machines too).",
    )
    machine_errors: Share = Field(
        0.0,
        description="Share of the calls ended as answering machines that is counted as abandoned customers: a reasoned estimate of the detection's errors.",
    )

    @property
    def label(self) -> str:
        return self.name or self.window


class PacingSettings(Section):
    target_abandon: Share = Field(
        0.028,
        description="Share of live-answered calls that may find no agent in time, e.g. 0.028, over each calendar day; `abandon` adds contracts of other windows.",
    )
    patience_s: Annotated[float, Field(gt=0, le=30)] = Field(
        2.0, description="An answered customer nobody can take within this many seconds is abandoned."
    )
    ratio: Annotated[float, Field(ge=1, le=10)] = Field(1.5, description="Mode power: calls per free agent.")
    max_ratio: Annotated[float, Field(ge=1, le=20)] = Field(
        6.0, description="Mode predictive: most calls per free agent."
    )
    odds: bool = Field(
        True,
        description="Mode predictive: learn how likely each lead is to answer (hour, weekday, earlier attempts, list, line, area) and pace by it; false takes one rate for all.",
    )
    abandon_rest_h: Annotated[float, Field(ge=0, le=8784)] = Field(
        72.0, description="Hours for which a customer who found no agent is not dialled automatically again."
    )
    tick_s: Annotated[float, Field(ge=0.1, le=5)] = Field(1.0, description="Seconds between pacing decisions.")


Milliseconds = Annotated[int, Field(ge=1, le=30_000)]


class AmdSettings(Section):
    """A table ``[campaign.NAME.amd]``; ``amd = true`` stands for Asterisk's AMD with what is shown here."""

    stage: Literal["none", "asterisk", "dialplan"] = Field(
        "none",
        description="Who listens for answering machines before an agent is looked for: none; asterisk, its AMD(); dialplan, a context of your own.",
    )
    context: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,79}$")] = Field(
        "",
        validate_default=True,
        description="Stage dialplan: your context, entered at s,1 by Gosub (AGI, EAGI, AudioSocket, …); it sets AMDSTATUS to HUMAN, MACHINE or NOTSURE, AMDCAUSE to a word, and ends with Return().",
    )
    most_s: Annotated[float, Field(ge=0.2, le=20)] = Field(
        1.8,
        description="Longest listening, in seconds, at most pacing.patience_s less 0.1: it is the customer's patience that it uses up. Then it counts as not sure.",
    )
    machine: Literal["hang_up", "message", "agent"] = Field(
        "hang_up", description="What becomes of a machine: hang_up, message (played after the beep), agent."
    )
    unsure: Literal["hang_up", "message", "agent"] = Field(
        "agent", description="What becomes of a call it is not sure of; hang_up and message take it for a machine."
    )
    message: SoundName = Field(
        "switchroom-machine", description="Sound left on a machine (in Asterisk's sounds folder, without ending)."
    )
    sample: Share = Field(
        0.03,
        description="Share of the calls taken for machines that an agent who is free gets all the same, so that the share of people among them is known; 0 leaves the errors unknown.",
    )
    disposition: Annotated[Line, Field(min_length=1)] = Field(
        "machine", description="What agents say of a call a machine took; offered besides the campaign's dispositions."
    )
    initial_silence_ms: Milliseconds = Field(
        2500, description="AMD(): silence before any word from which on it is a machine."
    )
    greeting_ms: Milliseconds = Field(
        1500, description="AMD(): a greeting longer than this is a machine's; it decides most, with the next."
    )
    after_greeting_silence_ms: Milliseconds = Field(
        800, description="AMD(): silence after the greeting from which on it is a person; the time most people wait."
    )
    min_word_ms: Milliseconds = Field(100, description="AMD(): shorter sounds are no words.")
    between_words_ms: Milliseconds = Field(50, description="AMD(): silence that ends a word.")
    words: Annotated[int, Field(ge=1, le=100)] = Field(2, description="AMD(): more words than this are a machine's.")
    silence_threshold: Annotated[int, Field(ge=1, le=32_767)] = Field(
        256, description="AMD(): mean amplitude, of 32767, below which it is silence; raise it on noisy lines."
    )
    max_word_ms: Milliseconds = Field(5000, description="AMD(): a single word longer than this is a machine's.")

    @field_validator("context")
    @classmethod
    def _for_its_stage(cls, context: str, seen: ValidationInfo) -> str:
        if seen.data.get("stage") == "dialplan" and not context:
            raise PydanticCustomError("amd_context", "stage dialplan needs a context")
        return context

    @property
    def listens(self) -> bool:
        """Whether anybody listens at all."""
        return self.stage != "none"


class CampaignSettings(Section):
    """A table ``[campaign.NAME]`` of ``campaigns.toml``: reloaded while running."""

    title: Line = Field("", description="Name shown to people.")
    mode: Literal["manual", "preview", "progressive", "power", "predictive"] = Field(
        "progressive", description="How calls are placed: manual, preview, progressive, power, predictive."
    )
    policy: Literal["", "none", "cn", "cn_collections", "us", "us_debt", "uk", "de", "ca", "in"] = Field(
        "", description="Policy pack the campaign follows; empty takes policy.default of server.toml."
    )
    trunks: list[Name] = Field(
        default_factory=list, description="Trunks it may use, in the order of their priority; empty for all."
    )
    ring_s: Annotated[float, Field(ge=5, le=120)] = Field(
        25.0, description="How long the customer's phone rings, in seconds; regulators ask for 15 at least."
    )
    abandon_message: SoundName = Field(
        "switchroom-abandoned",
        description="Sound played to an answered customer nobody can take (in Asterisk's sounds folder, without ending): who called, from which number, which key opts out.",
    )
    opt_out_key: Literal["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "#"] = Field(
        "9", description="Key by which that customer opts out of further calls."
    )
    amd: AmdSettings = Field(
        default_factory=AmdSettings,
        description='Answering machine detection; amd = true is short for stage = "asterisk".',
    )
    caller_ids: list[Line] = Field(
        default_factory=list, description="Caller ids used in turn; empty takes the trunk's."
    )
    pacing: PacingSettings = Field(default_factory=PacingSettings, description="Pacing.")
    abandon: list[AbandonContract] = Field(
        default_factory=list,
        description="Abandon contracts the pace keeps besides pacing.target_abandon: the tightest decides.",
    )
    retry: dict[Outcome, RetryRule] = Field(
        default_factory=_retries, description="What to do after each outcome; an outcome not named closes the lead."
    )
    frequency: list[FrequencyRule] = Field(
        default_factory=lambda: [FrequencyRule()],
        description="How often one customer may be called; a call must keep all rules.",
    )
    windows: list[CallingWindow] = Field(
        default_factory=_windows, description="When customers may be called, in their own time."
    )
    holidays: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{0,40}$")] = Field(
        "",
        description="Holiday calendar it keeps, of [calendar.NAME] in server.toml: on its holidays only holiday_windows hold; empty for none.",
    )
    holiday_windows: list[CallingWindow] = Field(
        default_factory=list, description="When customers may be called on holidays; none: not at all."
    )
    consent: bool = Field(
        False,
        description="Call only customers whose consent is on record and has not run out (import column consent_at).",
    )
    owner: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{0,40}$")] = Field(
        "",
        description="Owner of its list, whose own do-not-call entries hold besides those for everybody; empty for none.",
    )
    wrap_up_s: Seconds | None = Field(
        None, description="Wrap-up after this campaign's calls, in seconds; not given takes the floor's."
    )
    promise_grace_s: Seconds = Field(
        900.0,
        description="A promised call its agent has not made so many seconds after its time is everybody's, and overdue.",
    )
    record: bool = Field(True, description="Record every connected call.")
    survey: Name | None = Field(
        None, description="Survey customers are sent to after the call, of the tables survey; none when not given."
    )
    survey_auto: bool = Field(
        False,
        description="Send the customer to the survey when the agent ends the conversation in Switchroom; without it the agent sends him.",
    )
    hopper: Annotated[int, Field(ge=1, le=100_000)] = Field(
        200, description="Fewest leads kept at hand; more are kept when the pace asks for it."
    )
    dispositions: list[Line] = Field(
        default_factory=lambda: ["sale", "callback", "not_interested", "wrong_person", "do_not_call"],
        description="What an agent may say of a call.",
    )
    sale: list[Line] = Field(
        default_factory=lambda: ["sale"],
        description="Dispositions by which an order is concluded: only such customers' whole numbers may be exported.",
    )

    @field_validator("amd", mode="before")
    @classmethod
    def _yes_or_no(cls, amd: Any) -> Any:
        return {"stage": "asterisk" if amd else "none"} if isinstance(amd, bool) else amd

    @property
    def said_of_calls(self) -> list[str]:
        """All an agent may say of a call; empty allows anything."""
        own = list(self.dispositions)
        return [*own, self.amd.disposition] if own and self.amd.listens and self.amd.disposition not in own else own

    @property
    def listen_s(self) -> float:
        """Longest listening for a machine that leaves a customer any patience, seconds."""
        return max(0.1, min(self.amd.most_s, self.pacing.patience_s - 0.1))

    @field_validator("abandon")
    @classmethod
    def _named_apart(cls, contracts: list[AbandonContract]) -> list[AbandonContract]:
        labels = [DAILY_CONTRACT, *(one.label for one in contracts)]
        for label in labels:
            if labels.count(label) > 1:
                raise PydanticCustomError("contract_twice", "two of one name", {"other": label})
        return contracts

    @property
    def contracts(self) -> tuple[AbandonContract, ...]:
        """All abandon contracts, first the one that ``pacing`` states: customers connected late are connected there."""
        daily = AbandonContract(
            name=DAILY_CONTRACT,
            target=self.pacing.target_abandon,
            window="day",
            threshold_s=self.pacing.patience_s,
            late="connected",
        )
        return (daily, *self.abandon)


class CampaignFile(Section):
    """``campaigns.toml``."""

    campaign: dict[Name, CampaignSettings] = Field(default_factory=dict, description="The campaigns by name.")


class Settings(Section):
    """Both files together."""

    server: ServerSettings
    campaigns: dict[str, CampaignSettings]
