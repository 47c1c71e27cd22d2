"""What a server claims of a database that others may share, and what it takes from it as its own."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence

from config import words
from config.model import CampaignSettings, ServerSettings
from store.lease import Claim, Lease
from store.recall import Mine
from telephony.facts import CallEnded, CampaignChanged, Fact

log = logging.getLogger(__name__)

NAME, ASTERISK, AGENT, CAMPAIGN = "name", "asterisk", "agent", "campaign"


def claims_of(server: ServerSettings, campaigns: Iterable[str]) -> list[Claim]:
    """Everything two servers must not both run, by the words of the settings."""
    return [
        (NAME, server.name),
        *((ASTERISK, one.name) for one in server.asterisk),
        *((AGENT, one.id) for one in server.agent),
        *campaign_claims(campaigns),
    ]


def campaign_claims(campaigns: Iterable[str]) -> list[Claim]:
    return [(CAMPAIGN, name) for name in campaigns]


def mine(server: ServerSettings, campaigns: Iterable[str]) -> Mine:
    """What of the store is this server's to take up again."""
    return Mine(
        servers=frozenset(one.name for one in server.asterisk),
        agents=frozenset(one.id for one in server.agent),
        campaigns=frozenset(campaigns),
    )


def said(claims: Iterable[Claim]) -> str:
    """Claims in a message, e.g. ``asterisk pbx1, campaign spring``."""
    return ", ".join(f"{kind} {name}" for kind, name in claims)


class Holdings:
    """What this server holds while it runs: campaigns come and go with their settings, and what a lost connection cost
    is claimed again."""

    def __init__(self, lease: Lease, *, runs: Callable[[str], bool], alarm: Callable[[str], None]) -> None:
        """`runs` tells whether a campaign still has calls, `alarm` what others hold now, "" when nothing."""
        self._lease = lease
        self._runs = runs
        self._alarm = alarm
        self._leaving: set[str] = set()
        self._alarmed = ""

    async def take(self, campaigns: Mapping[str, CampaignSettings], fresh: Sequence[str]) -> set[str]:
        """Claim campaigns that are new here; returns those that are not to be run, which is logged."""
        claims = campaign_claims(name for name in campaigns if name in fresh)
        self._leaving.difference_update(fresh)
        try:
            taken = await asyncio.to_thread(self._lease.more, claims)
        except Exception as error:
            log.error("%s", _say("claims_unknown", what=said(claims), why=type(error).__name__))
            taken = claims
        else:
            if taken:
                log.error("%s", _say("claims_taken", what=said(taken)))
        return {name for _, name in taken}

    def leave(self, campaigns: Iterable[str]) -> None:
        """Campaigns the settings no longer name: another server may have each when its last call here has ended."""
        self._leaving.update(campaigns)
        self._give_up()

    def on_facts(self, now: float, facts: Sequence[Fact]) -> None:
        if self._leaving and any(type(fact) is CallEnded or type(fact) is CampaignChanged for fact in facts):
            self._give_up()

    async def keep(self, every_s: float) -> None:
        """See to it for ever that all of it is still held."""
        while True:
            await asyncio.sleep(every_s)
            with contextlib.suppress(Exception):
                lost = said(await asyncio.to_thread(self._lease.keep))
                if lost != self._alarmed:
                    self._alarmed = lost
                    self._alarm(lost)

    def _give_up(self) -> None:
        over = {name for name in self._leaving if not self._runs(name)}
        if over:
            self._leaving -= over
            asyncio.get_running_loop().run_in_executor(None, self._lease.drop, campaign_claims(over))


def _say(code: str, **slots: object) -> str:
    return words.say(words.choose(), f"cli.serve.{code}", **slots)
