"""Which facts are acts of people: a table from the kind of fact to what the audit trail keeps of it."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from store.projector import Entry
from telephony import facts
from telephony.facts import Fact


class Deed(NamedTuple):
    """An act before it has its place in a chain."""

    at: float
    actor: str
    act: str
    about: str
    words: str


def _words(words: dict[str, str]) -> str:
    return msgspec.json.encode(words, order="sorted").decode()


RULES: dict[type[Fact], Callable[[float, Any], Deed]] = {
    facts.Acted: lambda at, f: Deed(at, f.actor, f.act, f.about, _words(f.words)),
    facts.CampaignChanged: lambda at, f: Deed(at, f.actor, "campaign.steer", f.campaign, _words({"state": f.state})),
    facts.CustomerBarred: lambda at, f: Deed(at, f.actor, "dnc.bar", f.customer, _words({"reason": f.why})),
}


def deeds(entries: Sequence[Entry]) -> list[Deed]:
    """What of these facts goes into the audit trail, in their order."""
    return [RULES[type(fact)](at, fact) for at, fact in entries if type(fact) in RULES]
