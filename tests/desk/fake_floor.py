"""A floor that looks alive without dialling: the verified shape of the real one, for the desk's tests and pictures."""

from collections.abc import AsyncIterator, Callable, Sequence
from random import Random

import msgspec

from desk.batch_ports import BatchWishRefused, Done, Holding, LifeDetail, LifeRow, MeasuresRow, RateRow
from desk.dnc_ports import (
    Barring,
    Checked,
    Complaint,
    ComplaintFiled,
    DoNotCallRefused,
    Made,
    NewEntry,
)
from desk.forecast_ports import CampaignForecast, ForecastRefused, TargetRow
from desk.oncall_ports import PartRow, SurveyRow
from desk.ports import BatchRow, CallRow, ImportRefused, ImportReport, JournalRow, ListOrder, RecordingRow, RejectedRow
from dialer.amd.errors import Counted
from dialer.amd.report import AmdReport, report
from telephony.agents import (
    AgentState,
    Ask,
    CampaignAction,
    CampaignAsked,
    NotReadyAsked,
    ReadyAsked,
    Refused,
    SeatMode,
    SignOutAsked,
)
from telephony.facts import (
    AbandonedBy,
    AgentChanged,
    AlarmRaised,
    AttemptPlaced,
    CallAbandoned,
    CallAnswered,
    CallConnected,
    CallEnded,
    CallRang,
    CallWaiting,
    CampaignChanged,
    Fact,
    TrunkChanged,
)
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LeadId, ServerId, TrunkId
from telephony.outcomes import Outcome
from telephony.views import (
    AgentView,
    AlarmView,
    CallView,
    CampaignView,
    ContractView,
    FloorView,
    ServerView,
    StockView,
    TrunkView,
)
from tests.desk.fake_books import FakeBooks
from tests.desk.fake_queues import queues, surge

EPOCH = 1_790_000_000.0
A_NUMBER = "+8613800138000"
_NAMES = [
    "王芳",
    "李伟",
    "张敏",
    "刘洋",
    "陈静",
    "杨帆",
    "赵磊",
    "黄丽",
    "周涛",
    "吴倩",
    "徐强",
    "孙悦",
    "马超",
    "朱琳",
    "胡军",
    "郭颖",
    "林峰",
    "何雪",
    "高翔",
    "罗兰",
]
_STATES = {
    AgentState.TALKING: 52,
    AgentState.WRAP_UP: 16,
    AgentState.READY: 7,
    AgentState.RESERVED: 1,
    AgentState.RINGING: 1,
    AgentState.HOLD: 2,
    AgentState.AUX: 9,
    AgentState.LOGGED_OUT: 12,
}
_TO = {
    CampaignAction.START: "running",
    CampaignAction.PAUSE: "paused",
    CampaignAction.DRAIN: "draining",
    CampaignAction.STOP: "stopped",
}


class FakeClock:
    """A clock that stands until it is moved."""

    def __init__(self, now: float = EPOCH) -> None:
        self.at = now

    def now(self) -> float:
        return self.at


class FakeFloor:
    """Agents and two campaigns; every ask is noted in `asked`, and refused when `refusal` is set."""

    def __init__(
        self, clock: FakeClock | None = None, *, agents: int = 6, seed: int = 7, simulated: bool = True
    ) -> None:
        self.clock = clock or FakeClock()
        self.simulated = simulated
        self.asked: list[Ask] = []
        self.refusal: Refused | None = None
        self.alarms: list[AlarmView] = []
        self.stocks = [
            StockView(campaign="spring", group="", left=5200, per_hour=1040.0, dry_at=None),
            StockView(campaign="spring", group="B", left=400, per_hour=100.0, dry_at=self.clock.now() + 14_400),
        ]
        self.watchers: list[Callable[[float, Sequence[Fact]], None]] = []
        self._random = Random(seed)
        self._serial = 0
        now = self.clock.now()
        self.agents = [self._agent(1001 + n, now) for n in range(agents)]
        self.campaigns = [
            _campaign("spring", "春季回访 Spring review", "running"),
            _campaign("renewal", "续约提醒 Renewals", "paused"),
        ]
        self.trunks = [
            TrunkView(
                id="carrier1",
                server="pbx1",
                state="healthy",
                busy=41,
                channels=120,
                cps=20.0,
                answered=2140,
                placed=6220,
            ),
            TrunkView(
                id="carrier2", server="pbx1", state="probing", busy=3, channels=60, cps=10.0, answered=402, placed=1610
            ),
        ]
        self.servers = [ServerView(id="pbx1", state="up", why="", version="22.10.0", lag_ms=3.4)]

    def _agent(self, number: int, now: float) -> AgentView:
        state = self._random.choices(list(_STATES), list(_STATES.values()))[0]
        busy = state in (AgentState.TALKING, AgentState.HOLD, AgentState.RINGING)
        return AgentView(
            id=str(number),
            name=_NAMES[number % len(_NAMES)],
            state=state,
            reason=self._random.choice(["break", "lunch", "training"]) if state == AgentState.AUX else "",
            since=now - self._random.expovariate(1 / 60),
            call=f"c-{number:04x}" if busy else None,
            seated=state != AgentState.LOGGED_OUT,
            mode="nailed_up" if number % 5 else "ring_each_call",
            server="pbx1",
            campaigns=("spring",) if number % 3 else ("spring", "renewal"),
            calls=self._random.randint(10, 90),
            talk_s=self._random.uniform(900, 5400),
            wrap_s=self._random.uniform(200, 1500),
            idle_s=self._random.uniform(100, 900),
        )

    def view(self) -> FloorView:
        talking = sum(agent.state in ("talking", "hold") for agent in self.agents)
        stages = {"dialling": 6, "ringing": 27, "waiting": 1, "talking": talking}
        campaigns = tuple(
            msgspec.structs.replace(c, stages=stages if c.state == "running" else dict.fromkeys(stages, 0))
            for c in self.campaigns
        )
        calls = tuple(
            CallView(
                id=f"c-{stage}{n}",
                campaign="spring",
                lead=n,
                stage=stage,
                since=self.clock.now() - n,
                agent=None,
                trunk="carrier1",
            )
            for stage, count in stages.items()
            for n in range(count)
        )
        return FloorView(
            at=self.clock.now(),
            simulated=self.simulated,
            version="0.1.0",
            agents=tuple(self.agents),
            campaigns=campaigns,
            calls=calls,
            trunks=tuple(self.trunks),
            servers=tuple(self.servers),
            alarms=tuple(self.alarms),
            stocks=tuple(self.stocks),
            queues=queues(),
            surge=surge(self.clock.now()),
        )

    def ask(self, ask: Ask) -> Refused | None:
        self.asked.append(ask)
        if self.refusal is not None:
            return self.refusal
        match ask:
            case CampaignAsked(campaign=name, action=action):
                self.campaigns = [
                    msgspec.structs.replace(c, state=_TO[action]) if c.id == name else c for c in self.campaigns
                ]
                self.tell(CampaignChanged(campaign=name, state=_TO[action], actor=ask.actor))
            case ReadyAsked(agent=agent):
                self.put(agent, AgentState.READY)
            case NotReadyAsked(agent=agent, reason=reason):
                self.put(agent, AgentState.AUX, reason)
            case SignOutAsked(agent=agent):
                self.put(agent, AgentState.LOGGED_OUT)
        return None

    def watch(self, on_facts: Callable[[float, Sequence[Fact]], None]) -> Callable[[], None]:
        self.watchers.append(on_facts)
        return lambda: self.watchers.remove(on_facts)

    def tell(self, *facts: Fact) -> None:
        for watcher in tuple(self.watchers):
            watcher(self.clock.now(), facts)

    def put(self, agent: str, state: AgentState, reason: str = "") -> None:
        """Move an agent to a state and tell it."""
        was = next(known for known in self.agents if known.id == agent)
        now = msgspec.structs.replace(
            was, state=state, reason=reason, since=self.clock.now(), seated=state != "logged_out"
        )
        self.agents = [now if known.id == agent else known for known in self.agents]
        self.tell(
            AgentChanged(
                agent=AgentId(agent),
                was=AgentState(was.state),
                now=state,
                reason=reason,
                verb="asked",
                for_s=self.clock.now() - was.since,
                call=None,
                mode=SeatMode(was.mode),
                server=ServerId("pbx1"),
            )
        )

    def stir(self) -> None:
        """A moment of a lively shift: a few calls come and go."""
        for _ in range(self._random.randint(2, 5)):
            self._one_call()
        for agent in self._random.sample(self.agents, min(3, len(self.agents))):
            follow = {"ready": AgentState.TALKING, "talking": AgentState.WRAP_UP, "wrap_up": AgentState.READY}.get(
                agent.state
            )
            if follow:
                self.put(agent.id, follow)
        self.trunks[0] = msgspec.structs.replace(self.trunks[0], busy=self._random.randint(34, 60))

    def _one_call(self) -> None:
        self._serial += 1
        call, campaign = CallId(f"c-{self._serial:05x}"), CampaignId("spring")
        server, trunk, lead = ServerId("pbx1"), TrunkId("carrier1"), LeadId(1000 + self._serial)
        agent = AgentId(self._random.choice(self.agents).id)
        fate = self._random.choices(list(Outcome)[:6], [38, 15, 9, 25, 8, 5])[0]
        self.tell(
            AttemptPlaced(call=call, campaign=campaign, lead=lead, customer=CustomerId("k1"), number_key=99, trunk=trunk, server=server, caller_id=A_NUMBER, mode="predictive"),
            CallRang(call=call),
        )  # fmt: skip
        if fate == Outcome.ANSWERED:
            self.tell(
                CallAnswered(call=call, campaign=campaign, server=server),
                CallWaiting(call=call, campaign=campaign, server=server, agent=None),
            )
            lost = self._random.random() < 0.025
            if lost:
                self.campaigns[0] = _lost(self.campaigns[0])
                self.tell(CallAbandoned(call=call, campaign=campaign, by=AbandonedBy.SWITCHROOM, waited_s=2.0))
            else:
                self.tell(CallConnected(call=call, agent=agent, waited_s=round(self._random.random(), 2)))
        self.tell(
            CallEnded(call=call, campaign=campaign, lead=lead, trunk=trunk, server=server, outcome=fate, agent=agent if fate == Outcome.ANSWERED else None,
                      rang=True, ring_s=9.5, talk_s=61.2 if fate == Outcome.ANSWERED else 0.0, hold_s=0.0, cause=16, tech_cause=None)
        )  # fmt: skip
        self.campaigns[0] = _counted(self.campaigns[0], fate)

    def trouble(self) -> None:
        """A trunk goes down and an alarm is raised."""
        self.trunks[1] = msgspec.structs.replace(self.trunks[1], state="down")
        self.alarms.append(AlarmView(alarm="trunk_down", about="carrier2", words={}, since=self.clock.now()))
        self.tell(
            TrunkChanged(trunk=TrunkId("carrier2"), state="down", why="SIP 503"),
            AlarmRaised(alarm="trunk_down", about="carrier2"),
        )


def _lost(campaign: CampaignView) -> CampaignView:
    return msgspec.structs.replace(campaign, abandoned=campaign.abandoned + 1, connected=campaign.connected - 1)


def _counted(campaign: CampaignView, fate: Outcome) -> CampaignView:
    outcomes = {**campaign.outcomes, fate: campaign.outcomes.get(fate, 0) + 1}
    return msgspec.structs.replace(
        campaign,
        placed=campaign.placed + 1,
        outcomes=outcomes,
        answered=campaign.answered + (fate == Outcome.ANSWERED),
        connected=campaign.connected + (fate == Outcome.ANSWERED),
    )


def _campaign(name: str, title: str, state: str) -> CampaignView:
    running = state == "running"
    return CampaignView(
        id=name, title=title, state=state, mode="predictive" if running else "progressive",
        stages={}, agents={"talking": 52, "free": 7, "wrapping": 16} if running else {}, hopper=412 if running else 0, pace=4.1 if running else 0.0,
        reason_code="pace.predictive" if running else "pace.paused", reason_words={"free": "7", "pending": "33", "answer": "36%", "risk": "3.1%", "budget": "2.8%"} if running else {},
        placed=7830 if running else 0, answered=2542 if running else 0, connected=2478 if running else 0, abandoned=64 if running else 0,
        refused=118 if running else 0, answer_rate=0.361 if running else None, abandon_rate=0.0252 if running else None, target_abandon=0.028,
        outcomes={"answered": 2542, "machine": 1174, "busy": 620, "no_answer": 2310, "declined": 612, "invalid": 340, "congestion": 32} if running else {},
        risk_cap=0.031 if running else None,
    )  # fmt: skip


A_BATCH = BatchRow(
    id="spring",
    campaign="spring",
    file="list.csv",
    sheet="",
    state="open",
    rows=4,
    added=2,
    duplicates=1,
    rejected=1,
    counts={"repeated": 1, "number_not_assigned": 1},
    position=5,
    created_at=EPOCH,
    opened_at=EPOCH,
    author="lee",
)


class FakeQueries(FakeBooks):
    """A store with one call, one recording and a journal; `imported` holds what was uploaded."""

    def __init__(self) -> None:
        super().__init__()
        self.imported = b""
        self.order: ListOrder | None = None
        self.actor = ""

    async def calls(self, *, campaign: str | None, before: float | None, limit: int) -> Sequence[CallRow]:
        row = CallRow(
            id="c-1",
            campaign="spring",
            lead=1,
            number=A_NUMBER,
            mode="predictive",
            trunk="carrier1",
            server="pbx1",
            placed_at=EPOCH,
        )
        return [row][:limit] if campaign in (None, "spring") else []

    async def amd(self, *, campaign: str, since: float) -> AmdReport | None:
        return report(
            Counted(
                heard_human=9, heard_machine=4, away=3, sampled=1, checked=1, passed=9, spoken=8, spoken_machines=1
            ),
            [(80, 4), (120, 9)],
            {"human": {"human": 9}, "machine": {"longgreeting": 4}},
            campaign=campaign,
            stage="asterisk",
            sample=0.03,
            disposition="machine",
            since=since,
            until=EPOCH,
            gone=0,
            bin_s=0.01,
        )

    async def parts(self, call: str) -> Sequence[PartRow]:
        return [
            PartRow(call=call, agent="1001", began_at=1.0, open=False, talk_s=60.0, hold_s=5.0, holds=1, long_holds=0)
        ]

    async def surveys(self, since: float) -> Sequence[SurveyRow]:
        return [SurveyRow(agent="1001", talked=4, sent=2, answered=1, transfer_rate=0.5, answer_rate=0.5, score=4.5)]

    async def recordings(self, *, before: float | None, limit: int) -> Sequence[RecordingRow]:
        return [
            RecordingRow(
                call="c-1",
                agent="1001",
                campaign="spring",
                server="pbx1",
                name="c-1.wav",
                state="filed",
                started_at=EPOCH,
            )
        ]

    async def contracts(self, *, campaign: str, at: float) -> Sequence[ContractView]:
        return [
            ContractView(
                name="30 days",
                window="30 days",
                target=0.03,
                begins=at - 30 * 86_400,
                at=at,
                abandoned=29,
                counted=1000,
                rate=0.029,
                left=1,
            )
        ]

    async def journal(self, *, before: int | None, limit: int) -> Sequence[JournalRow]:
        fact = {
            "call": "c-1",
            "number_key": 12345,
            "customer": "k1",
            "caller_id": A_NUMBER,
            "note": "请打 138 0013 8000",
        }
        return [JournalRow(seq=1, at=EPOCH, kind="AttemptPlaced", fact=fact)]

    async def import_leads(self, order: ListOrder, chunks: AsyncIterator[bytes]) -> ImportReport:
        self.order, self.actor = order, order.actor
        async for chunk in chunks:
            self.imported += chunk
        lines = self.imported.decode().splitlines()
        if not lines or "number" not in lines[0]:
            raise ImportRefused("no_heading")
        bad = tuple(
            RejectedRow(line=n, why="not_a_number") for n, line in enumerate(lines[1:], 2) if not line[:1].isdigit()
        )
        return ImportReport(campaign=order.campaign, accepted=len(lines) - 1 - len(bad), rejected=len(bad), rows=bad)

    async def batches(
        self, *, campaign: str | None, state: str | None, before: float | None, limit: int
    ) -> Sequence[BatchRow]:
        return [A_BATCH][:limit] if campaign in (None, "spring") and state in (None, "open") else []

    async def batch(self, id: str) -> BatchRow | None:
        return A_BATCH if id == A_BATCH.id else None

    async def batch_rejects(self, id: str, *, after: int, limit: int) -> Sequence[RejectedRow]:
        return [RejectedRow(line=4, why="repeated", value="+86138****8000", cells=("138****8000",), serial=1)][
            after:limit
        ]


class FakeForecaster:
    """Says the same of every campaign with agents; what was asked is noted."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[float, ...], int | None]] = []

    async def forecast(self, campaign: CampaignView, targets: Sequence[float], agents: int | None) -> CampaignForecast:
        self.asked.append((campaign.id, tuple(targets), agents))
        if not campaign.agents and agents is None:
            raise ForecastRefused("forecast_no_agents")
        own = campaign.target_abandon
        rows = [_foreseen(own, own), *(_foreseen(one, own) for one in targets if one != own)]
        return CampaignForecast(
            campaign=campaign.id,
            at=EPOCH,
            agents=agents or 76,
            answer_rate=0.36,
            attempts=3120,
            hours=3.0,
            rows=tuple(rows),
        )


def _foreseen(target: float, own: float) -> TargetRow:
    busy = 0.95 + 0.6 * (target - own) if target else 0.62
    return TargetRow(
        rule="predictive",
        target=target,
        own=target == own,
        utilisation=busy,
        abandonment=target,
        wait_s=70.0 * (1.0 - busy) / busy,
        talk_s=2800.0 * busy,
        calls=9000.0 * busy,
        conversations=3700.0 * busy,
        change_s=2800.0 * (busy - 0.95),
        within_s=4.0 if target else 0.0,
    )


class FakeBatches:
    """One batch named spring; every wish is noted in `asked`, and refused when `refusal` is set."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, object, str]] = []
        self.refusal: BatchWishRefused | None = None

    async def lives(self, *, campaign: str | None) -> Sequence[LifeRow]:
        return [A_LIFE] if campaign in (None, A_LIFE.campaign) else []

    async def life(self, batch: str) -> LifeDetail:
        if batch != A_LIFE.id:
            raise BatchWishRefused("unknown_batch", {"batch": batch})
        rate = RateRow(count=1, of=4, rate=0.25, low=0.05, high=0.7)
        measures = MeasuresRow(
            leads=300, done=4, attempts=4, connect=rate, success=rate, agent_hours=0.1, calls_per_hour=10.0
        )
        holding = Holding(holder="group:B", leads=300, open=296, fresh=296)
        return LifeDetail(batch=A_LIFE, holdings=(holding,), measures=measures, trial=None)

    async def put(self, batch: str, wish: object, actor: str) -> Done:
        if self.refusal is not None:
            raise self.refusal
        self.asked.append((batch, wish, actor))
        return Done(batch=batch, moved=7)

    async def recover(self, actor: str) -> Done:
        return Done(batch="", moved=0)

    def forecast(self) -> Sequence[StockView]:
        return [StockView(campaign="spring", group="B", left=400, per_hour=100.0, dry_at=EPOCH + 14_400)]


A_LIFE = LifeRow(
    id="spring", campaign="spring", state="open", added=300, share=0.3333, created_at=EPOCH, opened_at=EPOCH,
    close_at=None, closed_at=None, successor=None, trial=None, trial_at=None, targets=None,
)  # fmt: skip


class FakeDoNotCall:
    """A do-not-call list of one entry."""

    ENTRY = Barring(
        id=1,
        kind="number",
        what="+86138****8000",
        campaign="",
        owner="",
        reason="complaint",
        source="phone",
        author="lead",
        at=1.0,
        until=None,
        lifted_at=None,
        lifted_by="",
    )

    async def complain(self, said: Complaint, actor: str) -> ComplaintFiled:
        if bool(said.number) == bool(said.customer):
            raise DoNotCallRefused(409, "dnc.one_of")
        return ComplaintFiled(customers=1, numbers=2, entries=(1, 2, 3))

    async def entries(self, *, limit: int, before: int | None, lifted: bool) -> Sequence[Barring]:
        return [self.ENTRY]

    async def add(self, said: NewEntry, actor: str) -> Made:
        return Made(entries=(1,))

    async def lift(self, entry: int, actor: str) -> Barring:
        if entry > 1000:
            raise DoNotCallRefused(404, "unknown_entry")
        return self.ENTRY

    async def check(self, number: str) -> Checked:
        return Checked(number="+86138****8000", objections=())
