"""Why this agent: the reason of an offer as a code with words that pages translate, and as an English line for the log."""

from typing import NamedTuple

from acd.routing import Match, Router
from acd.terms import Terms


class Reason(NamedTuple):
    """Why an agent was chosen for a call."""

    code: str
    words: dict[str, str]
    text: str


def dialled_for() -> Reason:
    """The call was placed for him."""
    return Reason("offer.dialled", {}, "dialled for this agent")


def sample() -> Reason:
    """A call taken for a machine, drawn for a check."""
    return Reason("offer.sample", {}, "sample of calls taken for machines")


def reason(match: Match, router: Router, terms: Terms, *, came: bool) -> Reason:
    """Why the router matched them; `came` when the call found the agent free, else the agent found the call waiting."""
    idle, waited = f"{match.idle_s:.0f}", f"{match.waited_s:.1f}"
    words = {"idle_s": idle, "waited_s": waited}
    levels = router.levels(match.agent)
    asked = [(skill, levels[skill]) for skill in match.demand.asks if ":" not in skill and skill in levels]
    if asked:
        words["skills"] = ", ".join(f"{terms.title(skill)} {level}" for skill, level in asked)
    if terms.values.rules:
        given = terms.values.reasons(terms.values.holding(match.request.traits), levels)
        if given:
            words["rules"] = ", ".join(f"{name} {points:+g}" for name, points in given)
    if match.step:
        words["step"] = str(match.step)
    if match.rivals:
        words["rivals"] = str(match.rivals)
    if match.points:
        words["points"] = f"{match.points:g}"
    if match.wanted:
        return Reason("offer.wanted", words, "asked for him alone")
    chosen = "".join(f"level {level} in {terms.title(skill)}, " for skill, level in asked)
    if match.last:
        return Reason("offer.last", words, f"{chosen}spoke with him last, idle {idle} s")
    if came:
        return Reason("offer.idle", words, f"chosen: {chosen}idle {idle} s" if chosen else f"longest idle, {idle} s")
    return Reason("offer.waited", words, f"{chosen}waited {waited} s")
