"""Numbers outside that agents consult or transfer to: they pass the same gate and leave by the same trunks as any call.

What an agent has asked for is remembered until the router says that he may have it; the number goes into no fact.
"""

from collections.abc import Callable, Mapping

import msgspec

from config.oncall import TransferSettings
from dialer.campaign import Campaign
from dialer.gate import Callee, may_dial
from dialer.outgoing import Outgoing, Said
from dialer.trunks import Trunk
from telephony.commands import DialOutside
from telephony.events import LegAnswered, LegEnded, OriginateEnded, OriginateLost, OriginateRefused
from telephony.facts import AskRefused
from telephony.ids import AgentId, CallId, CampaignId, CustomerId, LegId, ServerId, call_of_outside
from telephony.leads import Contact
from telephony.numbers import PhoneNumber, zones_of
from telephony.oncall import ConsultAsked, OutsideBarred, OutsidePlaced, OutsideWanted, TransferAsked
from telephony.outcomes import Outcome

NOBODY = CustomerId("")


class Out(msgspec.Struct):
    """A call to a number outside that has not ended."""

    trunk: Trunk
    number_key: int
    answered: bool = False


class Outside:
    """Hears of agents' wishes for numbers, and follows the calls to them to their end."""

    def __init__(
        self,
        campaigns: Mapping[CampaignId, Campaign],
        outgoing: Outgoing,
        obstacle: Callable[[ServerId], str | None],
        settings: TransferSettings,
        fingerprint: Callable[[PhoneNumber], int],
    ) -> None:
        self._campaigns = campaigns
        self._outgoing = outgoing
        self._obstacle = obstacle
        self._settings = settings
        self._fingerprint = fingerprint
        self._asked: dict[AgentId, tuple[PhoneNumber, str, str]] = {}
        self._calls: dict[LegId, Out] = {}

    def asked(self, ask: ConsultAsked | TransferAsked, now: float, out: Said) -> None:
        self._asked.pop(ask.agent, None)
        if ask.to is not None and ask.to.number is not None:
            self._asked[ask.agent] = ask.to.number, ask.actor, type(ask).__name__

    def wanted(self, fact: OutsideWanted, now: float, out: Said) -> None:
        """The agent may have a party outside: the gate and the trunks say whether it may be this number."""
        asked = self._asked.pop(fact.agent, None)
        if asked is None:
            return None
        number, actor, what = asked
        campaign = self._campaigns.get(fact.campaign) or self._campaigns.get(CampaignId(self._settings.campaign or ""))
        if campaign is None:
            return self._barred(fact, actor, what, "outside_campaign", None, out)
        if (why := self._obstacle(fact.server)) is not None:
            return self._barred(fact, actor, what, why, None, out)
        key = self._fingerprint(number)
        callee = Callee(number=number, number_key=key, zones=zones_of(number))
        verdict = may_dial(callee, campaign.rules, self._outgoing.gate, now)
        if verdict.rule is not None:
            return self._barred(fact, actor, what, f"gate.{verdict.rule.value}", verdict.until, out)
        trunk = self._outgoing.trunks.choose(campaign.trunks, fact.server, number, now)
        if trunk is None:
            return self._barred(fact, actor, what, "trunk.none", None, out)
        call = CallId(fact.leg)
        contact = Contact(at=now, call=call, customer=NOBODY, number_key=key, campaign=campaign.id)
        self._outgoing.gate.reserve(contact)
        trunk.take(now)
        self._calls[fact.leg] = Out(trunk, key)
        out.append(
            OutsidePlaced(
                call=fact.call,
                agent=fact.agent,
                leg=fact.leg,
                campaign=campaign.id,
                trunk=trunk.id,
                server=fact.server,
                number_key=key,
                blind=fact.blind,
            )
        )
        out.append(
            DialOutside(
                server=fact.server,
                call=fact.call,
                leg=fact.leg,
                number=number,
                trunk=trunk.id,
                dial=trunk.settings.dial,
                caller_id=campaign.caller_id(trunk),
                ring_s=self._settings.ring_s,
            )
        )
        return None

    def _barred(self, fact: OutsideWanted, actor: str, what: str, rule: str, until: float | None, out: Said) -> None:
        out.append(OutsideBarred(call=fact.call, agent=fact.agent, leg=fact.leg, rule=rule, until=until))
        out.append(AskRefused(actor=actor, what=what, code=rule))

    def answered(self, event: LegAnswered, now: float) -> None:
        if (known := self._calls.get(event.leg)) is not None:
            known.answered = True
            self._outgoing.gate.connected(CallId(event.leg))

    def ended(self, event: LegEnded | OriginateEnded | OriginateRefused | OriginateLost, now: float) -> Said | None:
        """The call to a number outside is over, or never was: number and line are free."""
        if call_of_outside(event.leg) is None or (isinstance(event, OriginateEnded) and event.ok):
            return None
        known = self._calls.pop(event.leg, None)
        if known is None:
            return None
        outcome = Outcome.ANSWERED if known.answered else Outcome.NO_ANSWER
        self._outgoing.gate.ended(CallId(event.leg), NOBODY, known.number_key, outcome.value)
        changed = known.trunk.ended(outcome, withdrawn=True)
        return [changed] if changed is not None else None
