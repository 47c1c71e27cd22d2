"""Twenty agents at their desks: they hear of their calls over the live socket and ask over the API, as the page does."""

import asyncio
import contextlib
from typing import Any

import aiohttp
import msgspec

from benchmarks.floor import TOKEN, Product
from simulator.people import People
from switchroom.clock import WallClock
from telephony.agents import (
    AgentAsk,
    AgentState,
    DispositionGiven,
    HangUpAsked,
    HoldAsked,
    NotReadyAsked,
    ReadyAsked,
    ResumeAsked,
    SignInAsked,
    SignOutAsked,
)
from telephony.facts import AgentChanged, AskRefused, Fact

VERBS: dict[type[AgentAsk], str] = {
    SignInAsked: "sign-in",
    SignOutAsked: "sign-out",
    ReadyAsked: "ready",
    NotReadyAsked: "not-ready",
    HoldAsked: "hold",
    ResumeAsked: "resume",
    HangUpAsked: "hang-up",
    DispositionGiven: "disposition",
}
KINDS: dict[str, type[Fact]] = {"AgentChanged": AgentChanged, "AskRefused": AskRefused}


class Desks:
    """The people of a floor at work while entered."""

    def __init__(self, product: Product, people: People) -> None:
        self._product, self._people = product, people
        self._clock = WallClock()
        self._tasks: list[asyncio.Task[None]] = []
        self._news = asyncio.Event()
        self._asks: set[asyncio.Task[None]] = set()
        self.skipped = 0
        """Facts the live socket left out because we read too slowly."""
        self.refused: dict[str, int] = {}
        """Wishes the API did not grant, by verb and status."""

    async def __aenter__(self) -> "Desks":
        self._http = aiohttp.ClientSession()
        self._socket = await self._http.ws_connect(f"{self._product.url}/api/v1/live", max_msg_size=0)
        await self._socket.send_str(msgspec.json.encode({"token": TOKEN}).decode())
        self._tasks = [asyncio.create_task(self._hear()), asyncio.create_task(self._work())]
        return self

    async def __aexit__(self, *_: Any) -> None:
        for task in (*self._tasks, *self._asks):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._asks, return_exceptions=True)
        await self._socket.close()
        await self._http.close()

    def must_work(self) -> None:
        """Raises what ended the desks' work, if anything did."""
        for task in self._tasks:
            if task.done():
                task.result()
                raise ConnectionError("the live socket was closed")

    async def close_talks(self) -> None:
        """Everybody who talks hangs up."""
        for person in self._people.people.values():
            if person.state in (AgentState.TALKING, AgentState.HOLD, AgentState.CONSULTING):
                await self._put(HangUpAsked(actor=person.agent, agent=person.agent))

    async def _hear(self) -> None:
        async for message in self._socket:
            frame = msgspec.json.decode(message.data)
            if frame["type"] != "facts":
                continue
            self.skipped += frame["skipped"]
            facts = [_fact(row) for row in frame["facts"] if row["kind"] in KINDS]
            self._people.hear(self._clock.now(), facts)
            self._news.set()

    async def _work(self) -> None:
        while True:
            self._news.clear()
            for ask in self._people.due(self._clock.now()):
                task = asyncio.create_task(self._put(ask))
                self._asks.add(task)
                task.add_done_callback(self._asks.discard)
            at = self._people.next_at()
            wait = None if at is None else max(0.0, at - self._clock.now())
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._news.wait(), wait)

    async def _put(self, ask: AgentAsk) -> None:
        verb = VERBS[type(ask)]
        body = {
            name: value for name, value in msgspec.to_builtins(ask).items() if name not in ("actor", "agent", "type")
        }
        status = await self._product.post(f"/agents/{ask.agent}/{verb}", body)
        if status != 200:
            said = f"{verb} {status}"
            self.refused[said] = self.refused.get(said, 0) + 1


def _fact(row: dict[str, Any]) -> Fact:
    fields = {name: value for name, value in row.items() if name not in ("kind", "at")}
    return msgspec.convert({"type": row["kind"], **fields}, type=KINDS[row["kind"]])
