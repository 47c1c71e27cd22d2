"""Checks between settings: names that must be unique and names that must exist, on the raw tree of a file.

They work on the raw tree so that they are reported together with the mistakes inside the tables.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from config.demands import names_in

_NUMBER = re.compile(r"\+?[0-9][0-9 ()./-]{2,30}")
"""A number as people write it."""
Loc = tuple[str | int, ...]
Found = tuple[Loc, str, dict[str, str]]


def server_checks(tree: Mapping[str, Any]) -> Iterator[Found]:
    """Unique names of Asterisk servers, trunks and agents; every trunk and agent on an Asterisk that is there."""
    exchanges = [name for _, name in _named(tree, "asterisk", "name")]
    yield from _unique(tree, "asterisk", "name")
    yield from _unique(tree, "trunk", "name")
    yield from _unique(tree, "agent", "id")
    for table in ("trunk", "agent"):
        for number, name in _named(tree, table, "asterisk"):
            if name not in exchanges:
                yield (table, number, "asterisk"), "no_such_asterisk", {"found": name, "allowed": _list(exchanges)}
    yield from _supervisors_phones(tree, exchanges)
    yield from _known_queues_and_skills(tree)
    yield from _queues(tree)
    yield from _known_surge(tree)
    yield from _known_demands(tree)
    yield from _known_people(tree)
    yield from _shared_tokens(tree)
    yield from _roles_without_tokens(tree)


def _supervisors_phones(tree: Mapping[str, Any], exchanges: Collection[str]) -> Iterator[Found]:
    """Every supervisor's phone is on an Asterisk that is there."""
    section = tree.get("supervision")
    phones = section.get("phone") if isinstance(section, dict) else None
    for name, phone in phones.items() if isinstance(phones, dict) else ():
        at = phone.get("asterisk") if isinstance(phone, dict) else None
        if isinstance(at, str) and at not in exchanges:
            where = ("supervision", "phone", name, "asterisk")
            yield where, "no_such_asterisk", {"found": at, "allowed": _list(exchanges)}


def _known_queues_and_skills(tree: Mapping[str, Any]) -> Iterator[Found]:
    """Every queue and every skill an agent names is there."""
    agents = tree.get("agent")
    asked = (
        ("queue", "queues", "no_such_queue"),
        ("queue", "reserve_queues", "no_such_queue"),
        ("skill", "skills", "no_such_skill"),
    )
    for table, key, fault in asked:
        there = tree.get(table)
        allowed = list(there) if isinstance(there, dict) else []
        for number, agent in enumerate(agents if isinstance(agents, list) else []):
            named = agent.get(key) if isinstance(agent, dict) else None
            if isinstance(named, list):
                at = [((number, key, place), name) for place, name in enumerate(named) if isinstance(name, str)]
            else:
                at = [((number, key, name), name) for name in (named if isinstance(named, dict) else {})]
            for where, name in at:
                if name not in allowed:
                    yield ("agent", *where), fault, {"found": name, "allowed": _list(allowed)}


def _known_surge(tree: Mapping[str, Any]) -> Iterator[Found]:
    """Every queue the surge plan looks at is there."""
    surge, queues = tree.get("surge"), tree.get("queue")
    allowed = list(queues) if isinstance(queues, dict) else []
    named = surge.get("queues") if isinstance(surge, dict) else None
    for place, name in enumerate(named if isinstance(named, list) else []):
        if isinstance(name, str) and name not in allowed:
            yield ("surge", "queues", place), "no_such_queue", {"found": name, "allowed": _list(allowed)}


def _known_demands(tree: Mapping[str, Any]) -> Iterator[Found]:
    """Every skill and queue a queue's demand names is there, and the steps that widen it come in order."""
    queues, skills = tree.get("queue"), tree.get("skill")
    if not isinstance(queues, dict):
        return
    known = list(skills) if isinstance(skills, dict) else []
    for name, queue in queues.items():
        if not isinstance(queue, dict):
            continue
        yield from _asked(("queue", name, "needs"), queue.get("needs"), known, list(queues))
        steps = queue.get("widen")
        before = 0.0
        for number, step in enumerate(steps if isinstance(steps, list) else []):
            if not isinstance(step, dict):
                continue
            at: Loc = ("queue", name, "widen", number)
            yield from _asked((*at, "needs"), step.get("needs"), known, list(queues))
            also = step.get("also")
            for place, other in enumerate(also if isinstance(also, list) else []):
                if isinstance(other, str) and other not in queues:
                    yield (*at, "also", place), "no_such_queue", {"found": other, "allowed": _list(queues)}
            after = step.get("after_s", 30.0)
            if isinstance(after, int | float):
                if after <= before:
                    yield (*at, "after_s"), "widen_order", {"found": str(after), "before": str(before)}
                before = float(after)


def _asked(at: Loc, text: object, skills: Collection[str], queues: Collection[str]) -> Iterator[Found]:
    for name in names_in(text) if isinstance(text, str) else ():
        if name.startswith("queue:"):
            if name[6:] not in queues:
                yield at, "no_such_queue", {"found": name[6:], "allowed": _list(queues)}
        elif ":" not in name and name not in skills:
            yield at, "no_such_skill", {"found": name, "allowed": _list(skills)}


def _known_people(tree: Mapping[str, Any]) -> Iterator[Found]:
    """Every agent and group a shift or the break tokens name is there, and the break's reason is one."""
    floor = tree.get("floor")
    if not isinstance(floor, dict):
        return
    agents = [name for _, name in _named(tree, "agent", "id")]
    groups = [name for _, name in _named(tree, "agent", "group")]
    shifts = floor.get("shift")
    for name, shift in shifts.items() if isinstance(shifts, dict) else ():
        for key, there, fault in (("agents", agents, "no_such_agent"), ("groups", groups, "no_such_group")):
            named = shift.get(key) if isinstance(shift, dict) else None
            for place, one in enumerate(named if isinstance(named, list) else []):
                if isinstance(one, str) and one not in there:
                    yield ("floor", "shift", name, key, place), fault, {"found": one, "allowed": _list(there)}
    breaks = floor.get("breaks")
    apart = breaks.get("groups") if isinstance(breaks, dict) else None
    for name in apart if isinstance(apart, dict) else ():
        if name not in groups:
            yield ("floor", "breaks", "groups", name), "no_such_group", {"found": name, "allowed": _list(groups)}


def _queues(tree: Mapping[str, Any]) -> Iterator[Found]:
    """Ways out of queues lead to queues and numbers that are there, calendars too; a line leads to one queue."""
    queues = tree.get("queue")
    queues = queues if isinstance(queues, dict) else {}
    calendars = tree.get("calendar")
    kept = list(calendars) if isinstance(calendars, dict) else []
    line_of: dict[str, str] = {}
    for name, queue in queues.items():
        if not isinstance(queue, dict):
            continue
        lines = queue.get("lines")
        for number, line in enumerate(lines if isinstance(lines, list) else []):
            if isinstance(line, str) and line_of.setdefault(line, name) != name:
                yield ("queue", name, "lines", number), "name_taken", {"found": line, "other": f"queue.{line_of[line]}"}
        for table, keys in (("hours", ("closed",)), ("overflow", ("then", "full", "nobody"))):
            inner = queue.get(table)
            given = inner if isinstance(inner, dict) else {}
            for key in keys:
                yield from _way_out(given.get(key), ("queue", name, table, key), list(queues))
        hours = queue.get("hours")
        calendar = hours.get("holidays") if isinstance(hours, dict) else None
        if isinstance(calendar, str) and calendar and calendar not in kept:
            words = {"found": calendar, "allowed": _list(kept)}
            yield ("queue", name, "hours", "holidays"), "no_such_calendar", words
    nuisance = tree.get("nuisance")
    if isinstance(nuisance, dict) and (nuisance.get("then") == "queue" or nuisance.get("queue")):
        found = nuisance.get("queue")
        if found not in queues:
            yield ("nuisance", "queue"), "no_such_queue", {"found": str(found or ""), "allowed": _list(list(queues))}


def _way_out(way: Any, at: Loc, queues: list[str]) -> Iterator[Found]:
    if not isinstance(way, dict):
        return
    to = way.get("to", "")
    if way.get("way") == "queue" and to not in queues:
        yield (*at, "to"), "no_such_queue", {"found": str(to), "allowed": _list(queues)}
    if way.get("way") == "outside" and not (isinstance(to, str) and _NUMBER.fullmatch(to)):
        yield (*at, "to"), "outside_number", {"found": str(to)}


def campaign_checks(tree: Mapping[str, Any], trunks: Collection[str], calendars: Collection[str]) -> Iterator[Found]:
    """Every trunk and every calendar a campaign names is there."""
    campaigns = tree.get("campaign")
    if not isinstance(campaigns, dict):
        return
    for name, campaign in campaigns.items():
        named = campaign.get("trunks") if isinstance(campaign, dict) else None
        for number, trunk in enumerate(named if isinstance(named, list) else []):
            if isinstance(trunk, str) and trunk not in trunks:
                words = {"found": trunk, "allowed": _list(trunks)}
                yield ("campaign", name, "trunks", number), "no_such_trunk", words
        kept = campaign.get("holidays") if isinstance(campaign, dict) else None
        if isinstance(kept, str) and kept and kept not in calendars:
            yield ("campaign", name, "holidays"), "no_such_calendar", {"found": kept, "allowed": _list(calendars)}


def _named(tree: Mapping[str, Any], table: str, key: str) -> Iterator[tuple[int, str]]:
    rows = tree.get(table)
    for number, row in enumerate(rows if isinstance(rows, list) else []):
        if isinstance(row, dict) and isinstance(name := row.get(key), str):
            yield number, name


def _unique(tree: Mapping[str, Any], table: str, key: str) -> Iterator[Found]:
    first: dict[str, int] = {}
    for number, name in _named(tree, table, key):
        if name in first:
            yield (table, number, key), "name_taken", {"found": name, "other": f"{table}[{first[name] + 1}]"}
        first.setdefault(name, number)


def _shared_tokens(tree: Mapping[str, Any]) -> Iterator[Found]:
    api = tree.get("api")
    tokens = api.get("tokens") if isinstance(api, dict) else None
    first: dict[str, str] = {}
    for holder, token in tokens.items() if isinstance(tokens, dict) else ():
        if isinstance(token, str):
            if token in first:
                yield ("api", "tokens", holder), "token_shared", {}
            first.setdefault(token, holder)


def _roles_without_tokens(tree: Mapping[str, Any]) -> Iterator[Found]:
    api = tree.get("api")
    tokens, roles = (api.get("tokens"), api.get("roles")) if isinstance(api, dict) else (None, None)
    holders = tokens if isinstance(tokens, dict) else {}
    for holder in roles if isinstance(roles, dict) else ():
        if holder not in holders:
            yield ("api", "roles", holder), "no_such_holder", {"found": holder, "allowed": _list(holders)}


def _list(names: Collection[str]) -> str:
    shown = sorted(set(names))
    return ", ".join(shown[:20]) + (" …" if len(shown) > 20 else "") if shown else "–"
