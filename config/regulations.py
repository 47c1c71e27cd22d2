"""The page of regulations, drawn from the policy packs: what each demands, its source, and what was not verified."""

from collections.abc import Iterator
from typing import Any

from config.catalogue import describe
from config.policy import Note, Pack, Rule, packs
from config.words import say


def regulations_page(lang: str) -> str:
    """``docs/regulations*.md``."""
    lines = [f"# {say(lang, 'page.regulations_title')}", "", say(lang, "page.regulations_intro"), ""]
    for pack in packs().values():
        lines += [f"## `{pack.name}` · {pack.title.say(lang)}", "", *_pack(lang, pack), ""]
    return "\n".join(lines)


def value_text(value: Any) -> str:
    """A rule's value on one line, as TOML would write it."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return "[" + ", ".join(map(value_text, value)) + "]"
        case dict():
            return "{ " + ", ".join(f"{name} = {value_text(inner)}" for name, inner in value.items()) + " }"
        case str():
            return f'"{value}"'
    return f"{value:g}" if isinstance(value, float) else str(value)


def source_text(lang: str, rule: Rule) -> str:
    """Where the rule is written; words of its own for what is practice or limited by nothing."""
    return say(lang, f"policy.source_{rule.source}") if rule.source in ("none", "practice") else rule.source


def _pack(lang: str, pack: Pack) -> Iterator[str]:
    yield say(lang, "page.regulations_dates", effective=pack.effective, reviewed=pack.reviewed)
    yield ""
    yield "| " + " | ".join(say(lang, f"page.regulations_{name}") for name in ("setting", "value", "source")) + " |"
    yield "| --- | --- | --- |"
    for rule in pack.rules:
        about = describe(lang, f"campaign.{rule.setting}")
        yield f"| `{rule.setting}`: {about} | `{value_text(rule.value)}` | {source_text(lang, rule)} |"
    yield from _notes(lang, "beyond", pack.beyond)
    yield from _notes(lang, "unverified", pack.unverified)


def _notes(lang: str, table: str, notes: tuple[Note, ...]) -> Iterator[str]:
    if notes:
        yield ""
        yield f"**{say(lang, f'page.regulations_{table}')}**"
        yield ""
    for note in notes:
        yield f"- {note.say(lang)}" + (f" ({note.source})" if note.source else "")
