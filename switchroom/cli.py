"""The command line: ``switchroom COMMAND --help`` teaches each command, in the language of the terminal."""

import sys
from pathlib import Path
from typing import Annotated

import typer
from typer import rich_utils

from config.faults import SettingsError
from switchroom import (
    cli_abandon,
    cli_agents,
    cli_amd,
    cli_audit,
    cli_batches,
    cli_books,
    cli_callers,
    cli_calls,
    cli_dnc,
    cli_floor,
    cli_forecast,
    cli_gate,
    cli_key,
    cli_kvm,
    cli_lab,
    cli_later,
    cli_leads,
    cli_odds,
    cli_policy,
    cli_queue,
    cli_routing,
    cli_run,
    cli_setup,
)
from switchroom.cli_words import LANG, say
from switchroom.logbook import mask_tracebacks
from switchroom.opening import StoreFault

app = typer.Typer(
    name="switchroom",
    help=say("about"),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
rich_utils.OPTIONS_PANEL_TITLE = say("panel.options")
rich_utils.COMMANDS_PANEL_TITLE = say("panel.commands")
rich_utils.ARGUMENTS_PANEL_TITLE = say("panel.arguments")
rich_utils.ERRORS_PANEL_TITLE = say("panel.error")
cli_run.install(app)
cli_setup.install(app)
cli_policy.install(app)
cli_lab.install(app)
cli_amd.install(app)
cli_leads.install(app)
cli_later.install(app)
cli_dnc.install(app)
cli_callers.install(app)
cli_floor.install(app)
cli_agents.install(app)
cli_routing.install(app)
cli_calls.install(app)
cli_forecast.install(app)
cli_batches.install(app)
cli_key.install(app)
cli_kvm.install(app)
cli_audit.install(app)
cli_books.install(app)
cli_gate.install(app)
cli_abandon.install(app)
cli_odds.install(app)
cli_queue.install(app)


@app.callback(invoke_without_command=True)
def _top(
    version: Annotated[bool, typer.Option("--version", help=say("version"))] = False,
) -> None:
    if version:
        from switchroom.view import product_version

        typer.echo(product_version())
        raise typer.Exit


def main() -> None:
    """Run the command line; every expected fault is one message and a non-zero exit, never a traceback."""
    mask_tracebacks()
    try:
        app()
    except SettingsError as error:
        typer.secho(error.say(LANG), err=True, fg="red")
        sys.exit(2)
    except StoreFault as fault:
        typer.secho(fault.say(LANG), err=True, fg="red")
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        where = f" {Path(error.filename)}" if error.filename else ""
        typer.secho(say("os_error", where=where, why=error.strerror or str(error)), err=True, fg="red")
        sys.exit(1)


if __name__ == "__main__":
    main()
