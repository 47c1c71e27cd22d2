"""``serve`` runs the product beside your Asterisk, ``simulate`` in a closed world."""

import asyncio
import contextlib
import gc
import logging
import signal
import webbrowser
from collections.abc import Coroutine
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from config.load import load_campaigns, load_kvm, load_server
from config.model import LogSettings
from config.watch import CampaignWatch, Reloaded, ReloadRefused
from switchroom.cli_words import LANG, console, errors, fail, print_json, say
from switchroom.kvm_plant import KvmFault
from switchroom.logbook import start_log

Config = Annotated[Path, typer.Option("--config", "-c", help=say("opt.config"))]
Campaigns = Annotated[Path | None, typer.Option("--campaigns", help=say("opt.campaigns"))]

log = logging.getLogger(__name__)


def install(app: typer.Typer) -> None:
    app.command("serve", help=say("serve.help"))(serve)
    app.command("simulate", help=say("simulate.help"))(simulate)


def beside(config: Path, campaigns: Path | None) -> Path:
    """The campaigns file: as named, else ``campaigns.toml`` beside the server's."""
    return campaigns if campaigns is not None else config.with_name("campaigns.toml")


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run on uvloop where there is one."""
    try:
        import uvloop
    except ImportError:
        asyncio.run(main)
    else:
        uvloop.run(main)


def end_asked() -> asyncio.Event:
    """From now on SIGINT and SIGTERM set the event instead of ending the process."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, told.set)
    return told


def serve(config: Config = Path("server.toml"), campaigns: Campaigns = None) -> None:
    server = load_server(config)
    path = beside(config, campaigns)
    lines = load_campaigns(path, server)
    screens = config.with_name("kvm.toml")
    kvm = load_kvm(screens) if screens.exists() else None
    start_log(server.log)

    async def main() -> None:
        from switchroom.live import LiveFloor

        told = end_asked()
        try:
            floor = LiveFloor(server, lines, kvm=kvm, kvm_file=screens)
        except KvmFault as fault:
            errors.print(fault.say(LANG), style="red", markup=False, soft_wrap=True)
            raise typer.Exit(2) from None
        try:
            await floor.start()
        except OSError as error:
            fail("serve.port", host=server.api.host, port=server.api.port, why=error.strerror or str(error))
        gc.freeze()  # what the start has built stays: the collector need not walk it during a call
        watch = CampaignWatch(path, dict(lines), server)

        def news(what: Reloaded | ReloadRefused) -> None:
            if isinstance(what, ReloadRefused):
                log.error("%s", what.error.say(LANG))
                return
            log.info("%s", say("serve.reloaded", file=path))
            floor.reload(what.campaigns)

        with contextlib.suppress(NotImplementedError):
            asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, watch.poke)
        watching = asyncio.create_task(watch.run(news), name="campaign watch")
        console.print(say("serve.open", url=f"http://{server.api.host}:{floor.port}/"), markup=False, soft_wrap=True)
        await told.wait()
        watching.cancel()
        console.print(say("serve.closing"), markup=False, soft_wrap=True)
        await floor.close()

    run(main())


def simulate(
    scenario: Annotated[str, typer.Option("--scenario", "-s", help=say("opt.scenario"))] = "demo",
    virtual: Annotated[bool, typer.Option("--virtual", help=say("opt.virtual"))] = False,
    hours: Annotated[float | None, typer.Option("--hours", min=0.01, max=24, help=say("opt.hours"))] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help=say("opt.seed"))] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help=say("opt.out"))] = Path("var/simulate"),
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help=say("opt.port"))] = 8700,
    browser: Annotated[bool, typer.Option("--browser", help=say("opt.browser"))] = False,
    as_json: Annotated[bool, typer.Option("--json", help=say("opt.json"))] = False,
) -> None:
    from simulator.scenario import ScenarioFault, load_scenario

    try:
        world = load_scenario(scenario)
    except ScenarioFault as fault:
        fail("simulate.scenario", exit_code=2, why="\n".join(fault.words))
    if seed is not None:
        world = world.model_copy(update={"seed": seed})
    out.mkdir(parents=True, exist_ok=True)
    start_log(LogSettings(file=out / "switchroom.log"))
    if virtual:
        _virtual(world, hours or world.hours, out, as_json)
    else:
        _wire(world, hours, out, port, browser)


def _virtual(world: Any, hours: float, out: Path, as_json: bool) -> None:
    from switchroom.shift import run as play

    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=_stderr(),
        transient=True,
    ) as bar:
        task = bar.add_task(say("simulate.playing", hours=f"{hours:g}", agents=world.agents), total=1.0)
        summary = play(world, hours=hours, out=out, progress=lambda done: bar.update(task, completed=done))
    if as_json:
        print_json(summary)
        return
    from switchroom.cli_tables import summary_table

    console.print(summary_table(summary))
    console.print(say("simulate.kept", folder=out), markup=False, soft_wrap=True)


def _wire(world: Any, hours: float | None, out: Path, port: int, browser: bool) -> None:
    from switchroom.closed_world import ClosedWorld

    async def main() -> None:
        told = end_asked()
        closed = ClosedWorld(world, out, port=port, hours=hours)
        try:
            await closed.start()
        except OSError:
            if not port:
                raise
            await closed.close()
            closed = ClosedWorld(world, out, port=0, hours=hours)
            await closed.start()
            console.print(say("simulate.port_taken", port=port), markup=False, soft_wrap=True)
        console.print(say("simulate.open", url=closed.url, agents=world.agents), markup=False, soft_wrap=True)
        user, password = closed.screen_user
        console.print(say("simulate.screens", user=user, password=password), markup=False, soft_wrap=True)
        if browser:
            webbrowser.open(closed.url)
        await told.wait()
        console.print(say("serve.closing"), markup=False, soft_wrap=True)
        await closed.close()

    run(main())


def _stderr() -> Any:
    from switchroom.cli_words import errors

    return errors
