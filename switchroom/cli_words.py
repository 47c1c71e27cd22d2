"""The command line's texts, in the language the terminal asks for."""

import contextlib
from collections.abc import Callable, Iterator
from typing import Annotated, Any, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from config import words

LANG = words.choose()
console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def say(code: str, /, **slots: object) -> str:
    """The text of ``cli.<code>``."""
    return words.say(LANG, f"cli.{code}", **slots)


Json = Annotated[bool, typer.Option("--json", help=say("opt.json"))]


@contextlib.contextmanager
def counting(title: str) -> Iterator[Callable[[int, int], None]]:
    """A bar on standard error while it goes on, to be told what is done and how much there is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(title, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def fail(code: str, /, *, exit_code: int = 1, **slots: object) -> NoReturn:
    """End the command with one clear error."""
    errors.print(say(code, **slots), style="red", markup=False, soft_wrap=True)
    raise typer.Exit(exit_code)


def print_json(value: Any) -> None:
    """One JSON document on standard output."""
    import msgspec

    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
