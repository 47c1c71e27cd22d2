"""What callbacks and messages ask of the store and the disk, off the loop, one after another; answers come as events."""

import logging
import queue
import threading
import wave
from collections.abc import Callable, Mapping
from pathlib import Path

from store import later
from store.faults import trouble_of
from store.opening import Store
from telephony.ids import ServerId
from telephony.later import CalleeFiled, CalleeRead, FileCallee, LookForMessage, MessageLooked, ReadCallee

log = logging.getLogger(__name__)

Wish = FileCallee | ReadCallee | LookForMessage
Answer = CalleeFiled | CalleeRead | MessageLooked


class LaterWork:
    """Answers wishes in a thread of its own, so that a database that stands still stops neither calls nor decisions."""

    def __init__(
        self,
        store: Store,
        *,
        folders: Mapping[ServerId, Path],
        now: Callable[[], float],
        look_back_s: Callable[[], float],
        post: Callable[[Callable[[], None]], None],
        feed: Callable[[object], None],
    ) -> None:
        """`folders` are where recordings of a PBX lie on this machine, `look_back_s` how far back frequency rules look;
        `feed` is run in the loop's thread through `post`."""
        self._store, self._folders, self._now = store, folders, now
        self._look_back_s, self._post, self._feed = look_back_s, post, feed
        self._wishes: queue.SimpleQueue[Wish | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="store-later", daemon=True)
        self._thread.start()

    def ask(self, wish: Wish) -> None:
        """Queue a wish; never blocks."""
        self._wishes.put(wish)

    def close(self) -> None:
        """End the thread; what was asked and not answered stays unanswered."""
        self._wishes.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (wish := self._wishes.get()) is not None:
            try:
                answer = self.answer(wish)
            except Exception as error:
                if trouble_of(error) is None:
                    log.exception("%s could not be answered", type(wish).__name__)
                if not isinstance(wish, FileCallee):
                    continue
                answer = CalleeFiled(about=wish.about, lead=None)
            self._tell(answer)

    def _tell(self, answer: Answer | None) -> None:
        if answer is None:
            return
        try:
            self._post(lambda: self._feed(answer))
        except RuntimeError:
            log.warning("nobody is left to be told by the store")

    def answer(self, wish: Wish) -> Answer | None:
        """The answer to a wish; None where nothing can be said."""
        match wish:
            case FileCallee():
                lead, customer, key = later.file_callee(self._store, wish.campaign, wish.number, wish.customer)
                return CalleeFiled(about=wish.about, lead=lead, customer=customer, number_key=key)
            case ReadCallee():
                found = later.read_callee(self._store, wish.lead, now=self._now(), look_back_s=self._look_back_s())
                return CalleeRead(about=wish.about, lead=found)
            case LookForMessage():
                folder = self._folders.get(wish.server)
                return look(folder, wish) if folder is not None else None


def look(folder: Path, wish: LookForMessage) -> MessageLooked:
    """What the folder holds for a message; bytes is None when its file is missing or no sound."""
    path = sound_file(folder, wish.name)
    try:
        size = path.stat().st_size
        with wave.open(str(path), "rb") as sound:
            seconds = sound.getnframes() / sound.getframerate()
    except (OSError, EOFError, wave.Error, ZeroDivisionError):
        return MessageLooked(message=wish.message, bytes=None)
    return MessageLooked(message=wish.message, bytes=size, seconds=seconds)


def sound_file(folder: Path, name: str) -> Path:
    """Where a message's sound lies."""
    return folder / f"{Path(name).name}.wav"
