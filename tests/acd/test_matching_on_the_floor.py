"""The matching in its place in the floor: callers and customers meet the same agents, with rules, certificates and reasons."""

from itertools import count

from acd.agents import Agent, Waiting
from acd.engine import AcdEngine
from config.model import AgentSettings, CampaignSettings, FloorSettings
from config.queues import QueueSettings, SkillSettings
from config.routing import RoutingSettings, RuleSettings, WidenSettings
from telephony.agents import AgentState, ReadyAsked, SignInAsked
from telephony.certificates import (
    Certificate,
    CertificateExpired,
    CertificateGranted,
    CertifyAsked,
    DecertifyAsked,
)
from telephony.commands import Command, SetTimer
from telephony.events import TimerFired
from telephony.facts import AskRefused, CallAnswered, CallOffered, CallWaiting, Fact, ServerChanged
from telephony.ids import AgentId, CallId, CampaignId, ServerId
from telephony.leads import Restored

PBX = ServerId("pbx1")
SERVICE, SALE = CampaignId("service"), CampaignId("sale")
S = AgentState


class Floor:
    """An engine with agents 1001… of these settings, who are signed in and ready, and all it has said."""

    def __init__(
        self,
        *agents: dict[str, object],
        queue: QueueSettings | None = None,
        routing: RoutingSettings | None = None,
        certificates: tuple[Certificate, ...] = (),
        certificate: bool = False,
    ) -> None:
        serial = (f"k{n}" for n in count(1))
        usual: dict[str, object] = {"asterisk": "pbx1", "mode": "ring_each_call", "queues": ["service"]}
        self.engine = AcdEngine(
            agents=[
                AgentSettings(id=str(1001 + n), endpoint=f"PJSIP/{1001 + n}", **(usual | one))  # type: ignore[arg-type]
                for n, one in enumerate(agents)
            ],
            campaigns={"sale": CampaignSettings()},
            floor=FloorSettings(),
            serial=lambda: next(serial),
            queues={"service": queue or QueueSettings()},
            skills={"broadband": SkillSettings(title="宽带", certificate=certificate), "yue": SkillSettings()},
            routing=routing or RoutingSettings(),
        )
        self.now = 1000.0
        self.said: list[Fact | Command] = []
        self.tell(Restored(certificates=certificates), ServerChanged(server=PBX, state="up", why=""))
        for n in range(len(agents)):
            self.ready(str(1001 + n))

    def ready(self, name: str) -> None:
        self.tell(SignInAsked(actor=name, agent=AgentId(name)), ReadyAsked(actor=name, agent=AgentId(name)))

    def tell(self, *events: object) -> list[Fact | Command]:
        before = len(self.said)
        for event in events:
            queue = [event]
            while queue:
                queue += self.carry(self.engine.on(queue.pop(0), self.now))
        self.now += 1
        return self.said[before:]

    def carry(self, outs: object) -> list[object]:
        found = list(outs)  # type: ignore[call-overload]
        self.said += found
        return [one for one in found if isinstance(one, Fact)]

    def caller(self, call: str = "i-1", **traits: str) -> list[CallOffered]:
        waiting = Waiting(call=CallId(call), campaign=SERVICE, server=PBX, answered_at=self.now, traits=dict(traits))
        before = len(self.said)
        facts = self.carry(self.engine.floor.wait(waiting, self.now))
        self.tell(*facts)
        return [one for one in self.said[before:] if isinstance(one, CallOffered)]

    def customer(self, call: str = "c-1") -> list[CallOffered]:
        said = self.tell(
            CallAnswered(call=CallId(call), campaign=SALE, server=PBX),
            CallWaiting(call=CallId(call), campaign=SALE, server=PBX, agent=None),
        )
        return [one for one in said if isinstance(one, CallOffered)]

    def agent(self, name: str) -> Agent:
        return self.engine.agents[AgentId(name)]


BOTH = {"campaigns": ["sale"]}


def test_caller_and_customer_meet_the_same_agents_and_nobody_gets_two() -> None:
    floor = Floor(BOTH, BOTH)
    offers = [*floor.caller(), *floor.customer()]
    assert [one.agent for one in offers] == ["1001", "1002"]
    assert not floor.caller("i-2")
    assert not floor.customer("c-2")


def test_offer_says_in_words_why_this_agent_was_chosen() -> None:
    queue = QueueSettings(needs="broadband")
    floor = Floor({"skills": {"broadband": 2}}, {"skills": {"broadband": 5}}, queue=queue)
    floor.now += 70
    [offer] = floor.caller()
    assert offer.agent == "1002"
    assert (offer.code, offer.words["skills"], offer.words["rivals"]) == ("offer.idle", "宽带 5", "1")
    assert offer.why == f"chosen: level 5 in 宽带, idle {offer.words['idle_s']} s"


def test_demand_widens_with_the_wait_by_one_timer() -> None:
    queue = QueueSettings(needs="broadband>=3", widen=[WidenSettings(after_s=20.0, needs="broadband")])
    floor = Floor({"skills": {"broadband": 1}}, queue=queue)
    entered = floor.now
    assert not floor.caller()
    [timer] = [one for one in floor.said if isinstance(one, SetTimer) and one.key[0] == "widen"]
    assert timer.at == entered + 20
    floor.now = timer.at
    [offer] = [one for one in floor.tell(TimerFired(timer.key)) if isinstance(one, CallOffered)]
    assert (offer.agent, offer.words["step"]) == ("1001", "1")


def test_rules_of_the_settings_choose_by_language_and_put_good_customers_ahead() -> None:
    rules = {
        "language": RuleSettings(when={"language": ["*"]}, agent="{language}", points=500.0),
        "gold": RuleSettings(when={"value": ["gold"]}, ahead_s=300.0),
    }
    floor = Floor({}, {"skills": {"yue": 1}}, routing=RoutingSettings(rule=rules))
    [offer] = floor.caller("i-1", language="yue")
    assert (offer.agent, offer.words["rules"]) == ("1002", "language +500")
    assert floor.caller("i-2")
    assert not floor.caller("i-3")
    assert not floor.caller("i-4", value="gold")
    assert floor.engine.floor.queue.position(CallId("i-4"), floor.now) == 1


def test_caller_waits_a_while_for_the_agent_he_spoke_with_last_then_anyone_takes_him() -> None:
    floor = Floor({}, {}, queue=QueueSettings(last_agent_wait_s=30.0))
    [first] = floor.caller("i-1", last_agent="1002")
    assert (first.agent, first.code) == ("1002", "offer.wanted")
    assert not floor.caller("i-2", last_agent="1002")
    [timer] = [one for one in floor.said if isinstance(one, SetTimer) and one.key[0] == "widen"]
    floor.now = timer.at
    [offer] = [one for one in floor.tell(TimerFired(timer.key)) if isinstance(one, CallOffered)]
    assert (offer.call, offer.agent) == ("i-2", "1001")


def test_no_certificate_no_skill() -> None:
    floor = Floor({"skills": {"broadband": 5}}, queue=QueueSettings(needs="broadband"), certificate=True)
    assert not floor.caller()
    said = floor.tell(CertifyAsked(actor="lead", agent=AgentId("1001"), skill="broadband"))
    assert [one.agent for one in said if isinstance(one, CallOffered)] == ["1001"]


def test_certificate_that_expires_or_is_withdrawn_ends_the_skill_and_a_restart_knows_it() -> None:
    queue = QueueSettings(needs="broadband")
    held = Certificate(agent=AgentId("1001"), skill="broadband", granted_at=1.0, until=1500.0, actor="lead")
    late = Certificate(agent=AgentId("1002"), skill="broadband", granted_at=1.0, until=999.0, actor="lead")
    agent = {"skills": {"broadband": 5}}
    floor = Floor(agent, agent, queue=queue, certificate=True, certificates=(held, late))
    router = floor.engine.floor.router
    assert [router.levels(name).get("broadband") for name in ("1001", "1002")] == [5, None]
    [timer] = [one for one in floor.said if isinstance(one, SetTimer) and one.key[0] == "certificate"]
    assert timer.at == 1500.0
    floor.now = timer.at
    assert CertificateExpired(agent=AgentId("1001"), skill="broadband") in floor.tell(TimerFired(timer.key))
    assert not floor.caller()
    floor.tell(CertificateGranted(agent=AgentId("1002"), skill="broadband", until=None, actor="lead"))
    assert floor.agent("1002").call == "i-1"
    said = floor.tell(DecertifyAsked(actor="lead", agent=AgentId("1002"), skill="broadband"))
    assert router.levels("1002").get("broadband") is None
    assert floor.agent("1002").call == "i-1", "the call he has is finished"
    assert not [one for one in said if isinstance(one, AskRefused)]


def test_certificate_nobody_can_use_is_refused_with_what_to_do() -> None:
    floor = Floor({}, certificate=True)
    asked = {"actor": "lead", "agent": AgentId("1001")}
    for ask, code in (
        (CertifyAsked(**(asked | {"agent": AgentId("9")}), skill="broadband"), "agent_unknown"),
        (CertifyAsked(**asked, skill="yue"), "skill_without_certificate"),
        (CertifyAsked(**asked, skill="broadband", until=5.0), "certificate_past"),
        (DecertifyAsked(**asked, skill="broadband"), "no_certificate"),
    ):
        assert [one.code for one in floor.tell(ask) if isinstance(one, AskRefused)] == [code]


def test_link_that_comes_back_brings_all_who_wait_and_all_who_are_free_together_at_once() -> None:
    floor = Floor({}, {})
    floor.tell(ServerChanged(server=PBX, state="lost", why="x"))
    assert not floor.caller("i-1")
    assert not floor.caller("i-2")
    said = floor.tell(ServerChanged(server=PBX, state="up", why=""))
    assert {(one.call, one.agent) for one in said if isinstance(one, CallOffered)} == {("i-1", "1001"), ("i-2", "1002")}
