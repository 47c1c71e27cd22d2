"""Whose number it is that calls us: looked up beside the loop, so that a slow store keeps no caller waiting."""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from store import inbound, nuisance
from store.opening import Store
from telephony.commands import LookUpCaller
from telephony.inbound import CallerFound

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
"""More look-ups than this under way, and callers are served as unknown until the store has caught up."""


class CallerBook:
    """Answers LookUpCaller; `post` has something done in the loop's thread, `feed` puts an event to the floor."""

    def __init__(
        self,
        store: Store,
        *,
        post: Callable[[Callable[[], None]], None],
        feed: Callable[[object], None],
        now: Callable[[], float],
    ) -> None:
        self._store = store
        self._post, self._feed, self._now = post, feed, now
        self._reading = ThreadPoolExecutor(2, thread_name_prefix="callers")
        self._keeping = ThreadPoolExecutor(1, thread_name_prefix="callers' numbers")
        self._under_way = 0

    def find(self, command: LookUpCaller) -> None:
        """Look the number up; the answer comes as CallerFound, unknown where the store does not say."""
        if self._under_way >= MOST_AT_ONCE:
            self._feed(CallerFound(call=command.call))
            return
        self._under_way += 1
        self._reading.submit(self._look, command)
        self._keeping.submit(self._keep, command)

    def close(self) -> None:
        """Give up what has not begun."""
        self._reading.shutdown(cancel_futures=True)
        self._keeping.shutdown(cancel_futures=True)

    def _look(self, command: LookUpCaller) -> None:
        found = CallerFound(call=command.call)
        try:
            known = inbound.known_of(self._store, command.number_key)
            entry = nuisance.matching(self._store, command.number_key, known.customer, self._now())
            found = CallerFound(call=command.call, customer=known.customer, last_agent=known.last_agent, nuisance=entry)
        except Exception as error:
            log.error("whose number it is could not be looked up: %s", type(error).__name__)
        self._post(lambda: self._found(found))

    def _found(self, found: CallerFound) -> None:
        self._under_way -= 1
        self._feed(found)

    def _keep(self, command: LookUpCaller) -> None:
        """Keep his number for a callback; what the store does not take now is kept when he calls again."""
        try:
            inbound.keep_number(self._store, command.number)
        except Exception as error:
            log.error("a caller's number could not be kept: %s", type(error).__name__)
