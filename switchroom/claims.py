"""What a server claims of a database that others may share, and what it takes from it as its own."""

from collections.abc import Iterable

from config.model import ServerSettings
from store.lease import Claim
from store.recall import Mine

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
