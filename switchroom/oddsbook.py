"""What campaigns have learned of their leads' chances, put away in the database and found again at the next start."""

import logging
from collections.abc import Mapping

import msgspec
from sqlalchemy.exc import SQLAlchemyError

from dialer.odds import Memory
from store.keepsakes import keep, kept
from store.opening import Store

log = logging.getLogger(__name__)

PLACE = "odds."
PUT_AWAY_S = 300.0


def put_away(store: Store, memories: Mapping[str, Memory]) -> None:
    """Keep what each campaign knows; a database that does not take it keeps what it had."""
    texts = {PLACE + name: msgspec.json.encode(memory).decode() for name, memory in memories.items() if memory.seen}
    try:
        keep(store, texts)
    except SQLAlchemyError as error:
        log.warning("what was learned of the leads' chances could not be put away: %s", type(error).__name__)


def found(store: Store) -> dict[str, Memory]:
    """What was put away, by campaign; what cannot be read is learned anew."""
    memories = {}
    for name, text in kept(store, PLACE).items():
        try:
            memories[name] = msgspec.json.decode(text, type=Memory)
        except msgspec.DecodeError:
            log.warning("what was learned of the leads' chances of %s cannot be read: it is learned anew", name)
    return memories
