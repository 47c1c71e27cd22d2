"""``key check`` and ``key rotate``: the key that customers' numbers are sealed with in the database."""

from pathlib import Path

import typer

from config.load import load_server
from store import resealing
from switchroom.cli_run import Config
from switchroom.cli_words import Json, console, counting, print_json, say
from switchroom.opening import site_store


def install(app: typer.Typer) -> None:
    key = typer.Typer(help=say("key.help"), no_args_is_help=True)
    key.command("check", help=say("key.check"))(check)
    key.command("rotate", help=say("key.rotate"))(rotate)
    app.add_typer(key, name="key")


def check(config: Config = Path("server.toml"), as_json: Json = False) -> None:
    server = load_server(config)
    with site_store(server) as opened:
        found = resealing.state(opened)
    if as_json:
        print_json(found)
    else:
        say_line("key.file", path=server.key_file, serials=", ".join(map(str, found.serials)), newest=found.newest)
        for serial, count in found.by_key.items():
            say_line("key.sealed" if serial else "key.plain", serial=serial, count=count)
        say_line("key.at_rest" if found.at_rest else "key.under_way")
    raise typer.Exit(0 if found.at_rest else 1)


def rotate(config: Config = Path("server.toml"), as_json: Json = False) -> None:
    server = load_server(config)
    with site_store(server) as opened, counting(say("key.resealing")) as progress:
        resealed = resealing.rotate(opened, progress)
    if as_json:
        print_json({"resealed": resealed, "newest": opened.seal.newest})
        return
    say_line("key.rotated", count=resealed, serial=opened.seal.newest)
    say_line("key.old_kept", path=server.key_file.with_name(f"{server.key_file.name}.until-{opened.seal.newest - 1}"))


def say_line(code: str, **slots: object) -> None:
    console.print(say(code, **slots), markup=False, soft_wrap=True)
