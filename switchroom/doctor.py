"""Examines an installation: every check ends in findings, and every fault says what to do about it."""

import asyncio
from collections.abc import Iterator, Mapping

from config.model import CampaignSettings, ServerSettings
from config.policy import looser_rules, packs
from switchroom.doctor_machine import machine_findings
from switchroom.doctor_pbx import pbx_findings
from switchroom.findings import Finding, bad, few, ok, warn

__all__ = ["Finding", "examine", "settings_findings"]

REGULAR_RING_S = 15.0
REGULAR_ABANDON = 0.03


async def examine(settings: ServerSettings, campaigns: Mapping[str, CampaignSettings]) -> list[Finding]:
    """Look at everything: settings, this machine, every Asterisk. Changes nothing but the database's version."""
    pbxs = [
        pbx_findings(
            pbx,
            [trunk for trunk in settings.trunk if trunk.asterisk == pbx.name],
            [agent for agent in settings.agent if agent.asterisk == pbx.name],
        )
        for pbx in settings.asterisk
    ]
    machine, *remote = await asyncio.gather(asyncio.to_thread(machine_findings, settings), *pbxs)
    parts = [list(settings_findings(settings, campaigns)), machine, *remote]
    return [finding for part in parts for finding in part]


def settings_findings(settings: ServerSettings, campaigns: Mapping[str, CampaignSettings]) -> Iterator[Finding]:
    """What is allowed but hardly meant: parts that are missing, defaults left as they came, limits of the trade."""
    yield ok(
        "settings_read",
        asterisk=len(settings.asterisk),
        trunks=len(settings.trunk),
        agents=len(settings.agent),
        campaigns=len(campaigns),
    )
    for table, rows in (("asterisk", settings.asterisk), ("trunk", settings.trunk), ("agent", settings.agent)):
        if not rows:
            yield bad(f"no_{table}")
    if not campaigns:
        yield warn("no_campaign")
    for pbx in settings.asterisk:
        if pbx.secret.get_secret_value() == "change-me":
            yield bad("secret_left", server=pbx.name)
    if not settings.api.tokens:
        yield warn("no_token")
    if settings.api.host not in ("127.0.0.1", "::1", "localhost") and not settings.api.host.startswith("127."):
        yield warn("api_open", host=settings.api.host)
    yield from _campaign_findings(settings, campaigns)


def _campaign_findings(settings: ServerSettings, campaigns: Mapping[str, CampaignSettings]) -> Iterator[Finding]:
    served = {campaign for agent in settings.agent for campaign in agent.campaigns}
    if unknown := sorted(served - campaigns.keys()):
        yield warn("campaign_unknown", campaigns=few(unknown))
    for name, campaign in campaigns.items():
        if settings.agent and name not in served:
            yield warn("campaign_without_agents", campaign=name)
        pack = packs().get(campaign.policy or settings.policy.default)
        if pack is None:
            yield warn("policy_none", campaign=name)
        elif looser := [rule.setting for rule in looser_rules(campaign, pack)]:
            yield warn("policy_looser", campaign=name, policy=pack.name, settings=", ".join(looser))
        if campaign.ring_s < REGULAR_RING_S:
            yield warn("ring_short", campaign=name, seconds=f"{campaign.ring_s:g}", limit=f"{REGULAR_RING_S:g}")
        if campaign.pacing.target_abandon > REGULAR_ABANDON:
            share, limit = campaign.pacing.target_abandon, REGULAR_ABANDON
            yield warn("abandon_high", campaign=name, share=f"{share:.1%}", limit=f"{limit:.0%}")
        if not campaign.windows:
            yield warn("no_windows", campaign=name)
