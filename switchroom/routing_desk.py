"""Routing as the desk and the command line ask about it: offers with their reasons from the journal, certificates."""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from config.words import LANGS, say
from desk.routing_ports import CertificateRow, OfferRow
from store import queries
from store.certificates import certificates_held
from store.opening import Store
from telephony.facts import CallOffered, OfferFailed
from telephony.ids import CallId

FURTHER = ("skills", "rules", "step", "rivals")
"""Words of a reason that have a sentence of their own."""


def told(lang: str, code: str, words: Mapping[str, str], fallback: str = "") -> str:
    """The reason of an offer in that language; the journal's own line where it is older than the codes."""
    if not code:
        return fallback
    parts = [say(lang, code, **words)]
    parts += [say(lang, f"offer.with_{name}", **words) for name in FURTHER if words.get(name)]
    return ("；" if lang == "zh-CN" else "; ").join(parts)


def offers_of(store: Store, call: str) -> list[OfferRow]:
    """Every offer of a call, in order."""
    rows: list[OfferRow] = []
    for entry in queries.history(store, CallId(call)):
        fact = entry.fact
        if isinstance(fact, OfferFailed) and rows and rows[-1].agent == fact.agent:
            last = rows[-1]
            rows[-1] = OfferRow(**{name: getattr(last, name) for name in last.__struct_fields__} | {"failed": fact.why})
        if not isinstance(fact, CallOffered):
            continue
        zh, en = (told(lang, fact.code, fact.words, fact.why) for lang in LANGS)
        rows.append(
            OfferRow(
                call=fact.call,
                at=entry.at,
                agent=fact.agent,
                campaign=fact.campaign,
                code=fact.code,
                words=fact.words,
                zh=zh,
                en=en,
            )
        )
    return rows


class RoutingBook:
    """``desk.routing_ports.RoutingDesk`` over the store."""

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store, self._now = store, now

    async def offers(self, call: str) -> Sequence[OfferRow]:
        return await asyncio.to_thread(offers_of, self._store, call)

    async def certificates(self) -> Sequence[CertificateRow]:
        now = self._now()
        held = await asyncio.to_thread(certificates_held, self._store)
        return [
            CertificateRow(
                agent=one.agent,
                skill=one.skill,
                granted_at=one.granted_at,
                until=one.until,
                actor=one.actor,
                withdrawn_at=one.withdrawn_at,
                valid=one.valid(now),
            )
            for one in held
        ]
