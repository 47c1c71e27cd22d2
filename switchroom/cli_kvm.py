"""``kvm …``: the seats' screens of a running server, seen and switched from the command line."""

import getpass
import secrets
import sys
import time
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.table import Table

from config.load import load_kvm
from config.words import drivers_in_chinese
from config.words import say as say_word
from kvmctl.drivers import KINDS
from kvmctl.people import fit_for_use, hashed
from switchroom.cli_floor import Remote, ServerFile, Token, Url
from switchroom.cli_words import LANG, Json, console, errors, fail, print_json, say
from switchroom.kvm_plant import KvmFault, build

At = Annotated[str, typer.Argument(help=say("kvm.at"))]
KvmToml = Annotated[Path, typer.Argument(help=say("kvm.file"))]
Forced = Annotated[bool, typer.Option("--force", help=say("kvm.force"))]
HERE = Path("kvm.toml")
WATCH_S = 1.0
WAIT_S = 20.0


def install(app: typer.Typer) -> None:
    kvm = typer.Typer(help=say("kvm.help"), no_args_is_help=True)
    for command in (connect, push, get, disconnect, preset, watch, osd, doctor, drivers, password, found, check):
        kvm.command(command.__name__, help=say(f"kvm.{command.__name__}"))(command)
    kvm.command("list", help=say("kvm.list"))(list_devices)
    kvm.command("cancel", help=say("kvm.cancel"))(cancel_push)
    kvm.command("take-over", help=say("kvm.take_over"))(take_over)
    kvm.command("give-back", help=say("kvm.give_back"))(give_back)
    kvm.command("drift", help=say("kvm.drift"))(drift)
    kvm.command("export", help=say("kvm.export"))(export)
    kvm.command("import", help=say("kvm.import"))(import_file)
    app.add_typer(kvm, name="kvm")


def list_devices(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    screens = Remote(url, token, config).ask("GET", "/kvm")
    if as_json:
        print_json(screens)
        return
    for table in _tables(screens):
        console.print(table)


def watch(url: Url = None, token: Token = None, config: ServerFile = Path("server.toml")) -> None:
    remote = Remote(url, token, config)
    last: Any = None
    while True:
        screens = remote.ask("GET", "/kvm")
        if screens != last:
            console.clear()
            for table in _tables(screens):
                console.print(table)
            last = screens
        time.sleep(WATCH_S)


def connect(
    rx: At,
    source: Annotated[str, typer.Argument(help=say("kvm.source"))],
    view: Annotated[bool, typer.Option("--view", help=say("kvm.view"))] = False,
    hold: Annotated[str, typer.Option("--hold", help=say("kvm.hold"))] = "shared",
    force: Forced = False,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    if hold not in ("shared", "exclusive", "private"):
        fail("kvm.bad_hold", exit_code=2)
    control = "view" if view else "full"
    wish = {"do": "connect", "rx": rx, "text": source, "control": control, "hold": hold, "force": force}
    _wish(Remote(url, token, config), wish, as_json)


def push(
    rx: At,
    targets: Annotated[str, typer.Argument(help=say("kvm.targets"))],
    force: Forced = False,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _wish(Remote(url, token, config), {"do": "push", "rx": rx, "text": targets, "force": force}, as_json)


def get(
    rx: At,
    other: Annotated[str, typer.Argument(help=say("kvm.other"))],
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _wish(Remote(url, token, config), {"do": "get", "rx": rx, "text": other}, as_json)


def disconnect(
    rx: At,
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _wish(Remote(url, token, config), {"do": "disconnect", "rx": rx}, as_json)


def cancel_push(
    rx: At,
    targets: Annotated[str, typer.Argument(help=say("kvm.targets"))] = "",
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _wish(Remote(url, token, config), {"do": "cancel_push", "rx": rx, "text": targets}, as_json)


def preset(
    name: Annotated[str, typer.Argument(help=say("kvm.preset_name"))],
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _wish(Remote(url, token, config), {"do": "preset", "text": name}, as_json)


def take_over(
    failed: Annotated[str, typer.Argument(help=say("kvm.failed"))],
    spare: Annotated[str, typer.Argument(help=say("kvm.spare"))],
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _wish(Remote(url, token, config), {"do": "take_over", "failed": failed, "spare": spare}, as_json)


def give_back(
    seat: Annotated[str, typer.Argument(help=say("kvm.failed"))],
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
    as_json: Json = False,
) -> None:
    _wish(Remote(url, token, config), {"do": "give_back", "failed": seat}, as_json)


def drift(
    rx: At,
    then: Annotated[str, typer.Argument(help=say("kvm.then"))],
    url: Url = None,
    token: Token = None,
    config: ServerFile = Path("server.toml"),
) -> None:
    if then not in ("restore", "adopt"):
        fail("kvm.bad_then", exit_code=2)
    Remote(url, token, config).ask("POST", f"/kvm/receivers/{quote(rx, safe='')}/drift", {"then": then})
    console.print(say("kvm.drift_settled", rx=rx), markup=False)


def osd(rx: At, url: Url = None, token: Token = None, config: ServerFile = Path("server.toml")) -> None:
    from switchroom.kvm_terminal import run

    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        fail("kvm.no_terminal")
    run(Remote(url, token, config), rx, LANG)


def doctor(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    """Exit code 1 when something is wrong."""
    screens = Remote(url, token, config).ask("GET", "/kvm")
    findings: list[dict[str, str]] = [
        {"what": "matrix", "about": f"{matrix['name']} ({matrix['why'] or '–'})"}
        for matrix in screens["matrices"]
        if matrix["state"] in ("down", "syncing")
    ]
    down = {matrix["name"] for matrix in screens["matrices"] if matrix["state"] in ("down", "syncing")}
    for device in screens["devices"]:
        if device["matrix"] in down:
            continue
        if not device["online"]:
            findings.append({"what": "offline", "about": device["id"]})
        elif device["side"] == "tx" and not device["video"]:
            findings.append({"what": "no_video", "about": device["id"]})
        if device["standing"] == "drifted":
            findings.append({"what": "drifted", "about": device["id"]})
    findings += [
        {"what": "unnamed", "about": f"{one['matrix']} {one['side']} {one['port']}"} for one in screens["found"]
    ]
    if as_json:
        print_json({"findings": findings})
    elif not findings:
        console.print(say("kvm.healthy"), markup=False)
    for finding in findings if not as_json else ():
        console.print(say(f"kvm.finding_{finding['what']}", about=finding["about"]), markup=False, soft_wrap=True)
    if any(finding["what"] != "unnamed" for finding in findings):
        raise typer.Exit(1)


def found(
    url: Url = None, token: Token = None, config: ServerFile = Path("server.toml"), as_json: Json = False
) -> None:
    """Tables for kvm.toml, with the next free ids."""
    screens = Remote(url, token, config).ask("GET", "/kvm")
    if as_json:
        print_json(screens["found"])
        return
    used = {int(device["id"]) for device in screens["devices"]}
    first = {"tx": 1, "rx": 5001}
    for one in screens["found"]:
        number = first[one["side"]]
        while number in used:
            number += 1
        used.add(number)
        table = "transmitter" if one["side"] == "tx" else "receiver"
        name, port = (text.replace("\\", "\\\\").replace('"', '\\"') for text in (one["name"], one["port"]))
        typer.echo(f'[[{table}]]\nid = "{number:04}"\nname = "{name}"\nmatrix = "{one["matrix"]}"\nport = "{port}"\n')


def drivers(as_json: Json = False) -> None:
    if as_json:
        options = {kind.name: {option.name: option.default for option in kind.options} for kind in KINDS.values()}
        print_json(options)
        return
    for kind in KINDS.values():
        console.print(f"{kind.name}  {kind.title}  {kind.transport} {kind.port}", markup=False, soft_wrap=True)
        for option in kind.options:
            default = say("kvm.must_give") if option.default is None else option.default
            chinese = drivers_in_chinese().get(f"{kind.name}.{option.name}") if LANG == "zh-CN" else None
            about = chinese or option.about
            console.print(f"    {option.name} = {default}  {about}", markup=False, soft_wrap=True)


def password() -> None:
    """Asks twice; prints what belongs into kvm.toml."""
    if sys.stdin.isatty():
        typed, again = getpass.getpass(say("kvm.new_password")), getpass.getpass(say("kvm.again"))
    else:
        typed = again = sys.stdin.readline().rstrip("\n")
    if typed != again:
        fail("kvm.not_same", exit_code=2)
    if not fit_for_use(typed):
        fail("kvm.weak", exit_code=2)
    typer.echo(f'password = "{hashed(typed, secrets.token_bytes(16))}"')


def check(file: KvmToml = HERE) -> None:
    try:
        built = build(load_kvm(file))
    except KvmFault as fault:
        errors.print(fault.say(LANG), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(2) from None
    plant = built.plant
    words = {"tx": len(plant.tx), "rx": len(plant.rx), "users": len(built.passwords), "matrices": len(built.drivers)}
    console.print(say("kvm.checked", file=file, **words), markup=False, soft_wrap=True)


def export(file: KvmToml = HERE) -> None:
    """Passwords and secrets stay here."""
    load_kvm(file)
    for line in file.read_text("utf-8").splitlines():
        key = line.split("=", 1)[0].strip() if "=" in line else ""
        typer.echo(f"# {key} = …" if key in ("password", "secret") else line)


def import_file(
    new: Annotated[Path, typer.Argument(help=say("kvm.new_file"))],
    file: Annotated[Path, typer.Option("--to", help=say("kvm.file"))] = HERE,
) -> None:
    """Checks before it replaces; the file before stays beside it."""
    check(new)
    text = new.read_text("utf-8")
    if file.exists():
        file.replace(file.with_name(file.name + ".before"))
    part = file.with_name(file.name + ".part")
    part.write_text(text, "utf-8")
    part.chmod(0o600)
    part.replace(file)
    console.print(say("kvm.imported", file=file), markup=False, soft_wrap=True)


def _wish(remote: Remote, wish: dict[str, Any], as_json: bool) -> None:
    """Exit code 1 when the wish was not fulfilled."""
    answer = remote.ask("POST", "/kvm/wishes", wish, wait_s=WAIT_S)
    if as_json:
        print_json(answer)
    else:
        text = say_word(LANG, f"kvm.said.{answer['said']}")
        about = f" {answer['about']}" if answer["about"] and not answer["good"] else ""
        console.print(f"{text}{about}", markup=False, style=None if answer["good"] else "red")
        for id, why in answer["left_out"].items():
            console.print(f"  {id}: {say_word(LANG, f'kvm.said.{why}')}", markup=False)
    if not answer["good"]:
        raise typer.Exit(1)


def _tables(screens: dict[str, Any]) -> list[Table]:
    matrices = Table(title=say("kvm.matrices"))
    for column in ("matrix", "driver", "state", "model"):
        matrices.add_column(say(f"kvm.col_{column}"))
    for row in screens["matrices"]:
        matrices.add_row(row["name"], row["driver"], say(f"kvm.phase_{row['state']}"), row["model"])
    transmitters = Table(title=say("kvm.transmitters"))
    receivers = Table(title=say("kvm.receivers"))
    for column in ("id", "name", "matrix", "online"):
        transmitters.add_column(say(f"kvm.col_{column}"))
        receivers.add_column(say(f"kvm.col_{column}"))
    for column in ("shows", "wanted", "user", "pushed"):
        receivers.add_column(say(f"kvm.col_{column}"))
    for row in screens["devices"]:
        online = say("kvm.online" if row["online"] else "kvm.offline")
        cells = [row["id"], row["name"], row["matrix"], online]
        if row["side"] == "tx":
            transmitters.add_row(*cells)
        else:
            wanted = row["wanted"] if row["wanted"] != row["shows"] else ""
            receivers.add_row(*cells, row["shows"], wanted, row["user"], row["pushed_from"])
    return [matrices, transmitters, receivers]
