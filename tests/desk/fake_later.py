"""The books of calls served later, with one row of each."""

import tempfile
from pathlib import Path

from desk.later_ports import CallbackRow, MessageRow, PromiseRow

HEARD = Path(tempfile.gettempdir()) / "switchroom-heard.wav"


class FakeLater:
    """Notes who heard what and which promises were changed."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str, bool]] = []
        self.changed: list[tuple[int, float | None, str | None, str]] = []

    async def callbacks(self, *, closed: bool, before: float | None, limit: int) -> list[CallbackRow]:
        row = CallbackRow(
            callback="cb-7", queue="service", since=1.0, state="waiting", lead=7, agent="", tries=0, not_before=None,
            why="", closed_at=None,
        )  # fmt: skip
        return [row]

    async def promises(self, *, campaign: str | None, limit: int) -> list[PromiseRow]:
        return [PromiseRow(lead=7, campaign="back", promised_at=1.0, due=2.0, agent="1001", attempts=1, overdue=True)]

    async def change_promise(self, lead: int, *, at: float | None, agent: str | None, actor: str) -> bool:
        self.changed.append((lead, at, agent, actor))
        return lead == 7

    async def messages(self, *, done: bool, agent: str | None, before: float | None, limit: int) -> list[MessageRow]:
        row = MessageRow(
            message="7", queue="service", at=1.0, seconds=3.0, found=True, agent="1001", branch="b01", round=1,
            can_call=True, dialled_at=None, why="", result="", note="", done_at=None,
        )  # fmt: skip
        return [row]

    async def sound(self, message: str, actor: str, *, own_only: bool) -> Path | None:
        self.heard.append((message, actor, own_only))
        if message != "7" or (own_only and actor != "1001"):
            return None
        HEARD.write_bytes(b"RIFF")
        return HEARD
