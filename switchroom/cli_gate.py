"""``may-call``: asks the gate about one number, with the database and the settings as they are."""

import time
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from config.load import load_campaigns, load_server
from config.model import CampaignSettings, ServerSettings
from dialer.gate import BUSY_RETRY_S, Callee, GateRules, GateState, Rule, Verdict, look_back_s, may_dial
from store.callee import calls_to, in_call, lead_under
from store.intake import lead_of
from store.leads import LOOK_BACK_S
from store.opening import Store
from switchroom.cli_run import Campaigns, Config, beside
from switchroom.cli_words import Json, console, fail, print_json, say
from switchroom.dnc_watch import DoNotCallWatch
from switchroom.opening import site_store
from telephony.ids import CampaignId
from telephony.numbers import NumberFault, PhoneNumber, parse, zones_of


def install(app: typer.Typer) -> None:
    app.command("may-call", help=say("gate.help"))(may_call)


def may_call(
    campaign: Annotated[str, typer.Argument(help=say("opt.campaign"))],
    number: Annotated[str, typer.Argument(help=say("gate.number"))],
    config: Config = Path("server.toml"),
    campaigns: Campaigns = None,
    as_json: Json = False,
) -> None:
    server = load_server(config)
    lines = load_campaigns(beside(config, campaigns), server)
    if campaign not in lines:
        fail("leads.no_campaign", exit_code=2, campaign=campaign, file=beside(config, campaigns))
    try:
        whom = parse(number, server.region)
    except NumberFault:
        fail("gate.bad_number", exit_code=2)
    with site_store(server) as opened:
        verdict = asked(opened, server, lines, CampaignId(campaign), whom, time.time())
    if as_json:
        print_json({"passed": verdict.passed, "rule": verdict.rule, "until": verdict.until})
    elif verdict.rule is None:
        console.print(say("gate.passed", number=whom.masked), markup=False, soft_wrap=True)
    else:
        why = say(f"gate.{verdict.rule.value}")
        until = say("gate.never")
        if verdict.until is not None:
            until = f"{datetime.fromtimestamp(verdict.until, ZoneInfo(server.zone)):%Y-%m-%d %H:%M}"
        console.print(say("gate.refused", number=whom.masked, why=why, until=until), markup=False, soft_wrap=True)
    raise typer.Exit(0 if verdict.passed else 1)


def asked(
    opened: Store,
    server: ServerSettings,
    campaigns: dict[str, CampaignSettings],
    campaign: CampaignId,
    number: PhoneNumber,
    now: float,
) -> Verdict:
    """What the gate says of the number on the campaign: as the lead it is there, or as nobody's."""
    bars = DoNotCallWatch(opened, server.do_not_call.list, campaigns, lambda: now).load()
    rules, state = GateRules(campaigns[campaign], campaign, server.calendar), GateState(bars)
    back_s = max(LOOK_BACK_S, look_back_s(campaigns.values()))
    key = opened.number_key(number)
    known = lead_under(opened, campaign, key)
    lead = lead_of(opened, known, now=now, look_back_s=back_s) if known is not None else None
    if lead is not None:
        return may_dial(lead, rules, state, now)
    if known is not None and in_call(opened, known):
        return Verdict.refused(Rule.IN_CALL, now + BUSY_RETRY_S)
    zones = zones_of(number) or (server.zone,)
    nobody = Callee(number=number, number_key=key, zones=zones, placed=calls_to(opened, key, since=now - back_s))
    return may_dial(nobody, rules, state, now)
