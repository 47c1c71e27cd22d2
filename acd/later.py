"""The part of the acd for whoever is served later: callbacks and messages, beside the engine and on the same floor."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from acd.callbacks import Callbacks
from acd.floor import Floor, Out
from acd.messages import Messages
from config.later import CallbackSettings, RoundsSettings
from config.queues import QueueSettings
from telephony.commands import Command
from telephony.events import TimerFired
from telephony.facts import (
    AttemptVetoed,
    CallArrived,
    CallConnected,
    CallEnded,
    CallerGone,
    CallOffered,
    CallQueued,
    CallSentOn,
    Fact,
    InboundEnded,
)
from telephony.later import (
    CallbackCancelAsked,
    CallbackDeclined,
    CallbackDialled,
    CallbackRefused,
    CallbackWanted,
    CalleeFiled,
    CalleeRead,
    MessageDialAsked,
    MessageDoneAsked,
    MessageLeft,
    MessageLooked,
    MessageReturnAsked,
    MessageTakeAsked,
    VoicemailDialled,
    is_callback,
)
from telephony.leads import Restored


class Later:
    """Hears of callers, and of whom the acd keeps agents for; a part of the switchboard after the engine."""

    def __init__(self, floor: Floor, queues: Mapping[str, QueueSettings], rounds: RoundsSettings, zone: str) -> None:
        self._floor, self._queues = floor, queues
        self.callbacks = callbacks = Callbacks(floor, self._callback_settings)
        self.messages = messages = Messages(floor, queues, rounds, zone)
        self.rules: dict[type, Callable[[Any, float], Iterable[Fact | Command]]] = {
            CallArrived: callbacks.arrived,
            CallQueued: callbacks.queued_up,
            CallOffered: callbacks.offered,
            CallerGone: callbacks.hung_up,
            InboundEnded: callbacks.hung_up,
            CallSentOn: self._sent_on,
            CallbackWanted: callbacks.wanted,
            CallbackDeclined: callbacks.declined,
            CalleeFiled: self._filed,
            CalleeRead: self._read,
            CallbackDialled: callbacks.dialled,
            CallbackRefused: callbacks.refused,
            CallConnected: callbacks.connected,
            CallEnded: callbacks.attempt_ended,
            AttemptVetoed: callbacks.vetoed,
            CallbackCancelAsked: callbacks.cancel,
            MessageLeft: messages.left,
            MessageLooked: messages.looked,
            VoicemailDialled: messages.dialled,
            MessageTakeAsked: messages.take,
            MessageReturnAsked: messages.give_back,
            MessageDialAsked: messages.dial,
            MessageDoneAsked: messages.finish,
            TimerFired: self._timer,
            Restored: self._restored,
        }
        self.hears = frozenset(self.rules)

    def on(self, event: object, now: float) -> Iterable[Fact | Command]:
        hear = self.rules.get(type(event))
        return hear(event, now) if hear else ()

    def _callback_settings(self, queue: str) -> CallbackSettings | None:
        """Those of a queue that calls back; none while its campaign is not there."""
        known = self._queues.get(queue)
        return known.callback if known is not None and known.callback.campaign in self._floor.campaigns else None

    def _sent_on(self, fact: CallSentOn, now: float) -> Out:
        server = self.callbacks.server_of(fact.call)
        out = self.messages.sent_on(fact, server) if server is not None else []
        return [*out, *self.callbacks.sent_on(fact, now)]

    def _filed(self, event: CalleeFiled, now: float) -> Out:
        return self.callbacks.filed(event, now) if is_callback(event.about) else self.messages.filed(event, now)

    def _read(self, event: CalleeRead, now: float) -> Out:
        return self.callbacks.read(event, now) if is_callback(event.about) else self.messages.read(event, now)

    def _timer(self, event: TimerFired, now: float) -> Out:
        what = event.key[0]
        if what == "callback":
            return self.callbacks.timer(event, now)
        return self.messages.timer(event, now) if what in ("voicemail", "message", "message_file") else []

    def _restored(self, event: Restored, now: float) -> Out:
        return [*self.callbacks.restored(event, now), *self.messages.restored(event, now)]
