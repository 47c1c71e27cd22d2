"""The command line's texts, in the language the terminal asks for."""

from typing import Any, NoReturn

import typer
from rich.console import Console

from config import words

LANG = words.choose()
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def say(code: str, /, **slots: object) -> str:
    """The text of ``cli.<code>``."""
    return words.say(LANG, f"cli.{code}", **slots)


def fail(code: str, /, *, exit_code: int = 1, **slots: object) -> NoReturn:
    """End the command with one clear error."""
    errors.print(say(code, **slots), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(exit_code)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
