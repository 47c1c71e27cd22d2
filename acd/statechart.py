"""The picture of an agent's states, drawn from their table; ``python -m acd.statechart FILE…`` puts it into pages."""

import sys
from collections.abc import Iterator
from pathlib import Path

from acd.agents import TABLE

BEGIN, END = "<!-- drawn from acd/agents.py -->", "<!-- end of what is drawn -->"


def diagram() -> str:
    """The table as a Mermaid state diagram: one arrow for each two states, with all verbs that lead there."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for state, row in TABLE.items():
        for verb, target in row.items():
            arrows.setdefault((state.name, target.name), []).append(verb.value)
    lines = ["stateDiagram-v2", "    [*] --> LOGGED_OUT"]
    lines += [f"    {was} --> {now}: {', '.join(verbs)}" for (was, now), verbs in arrows.items()]
    return "\n".join(lines)


def rows() -> Iterator[str]:
    """The table as Markdown: a state a line, what each verb makes of it."""
    yield "| state | verb → state |"
    yield "|---|---|"
    for state, row in TABLE.items():
        yield f"| `{state.name}` | " + ", ".join(f"{verb.value} → `{now.name}`" for verb, now in row.items()) + " |"


def drawn() -> str:
    """What stands between the marks of a page."""
    return "\n".join([BEGIN, "```mermaid", diagram(), "```", "", *rows(), END])


def redrawn(page: str) -> str:
    """The page with its picture as the table has it now. Raises ValueError when the marks are not there."""
    before, there, rest = page.partition(BEGIN)
    _, ended, after = rest.partition(END)
    if not there or not ended:
        raise ValueError(f"the page has no place for the picture: {BEGIN} … {END}")
    return before + drawn() + after


if __name__ == "__main__":
    for name in sys.argv[1:]:
        place = Path(name)
        place.write_text(redrawn(place.read_text(encoding="utf-8")), encoding="utf-8")
