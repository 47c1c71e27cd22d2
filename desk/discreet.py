"""What not everybody who sees the floor may see: which supervisor is on whose call."""

from collections.abc import Sequence

import msgspec

from telephony.facts import AskRefused, Fact
from telephony.supervising import (
    CallTakenOver,
    EarOpened,
    StepOutAsked,
    SuperviseAsked,
    SupervisionBegun,
    SupervisionEnded,
    SupervisionTurned,
    TakeOverAsked,
)
from telephony.views import FloorView

DISCREET: frozenset[type[Fact]] = frozenset(
    {SupervisionBegun, SupervisionTurned, EarOpened, SupervisionEnded, CallTakenOver}
)
DISCREET_NAMES = frozenset(kind.__name__ for kind in DISCREET)
_WISHES = frozenset(wish.__name__ for wish in (SuperviseAsked, StepOutAsked, TakeOverAsked))


def open_to_all(facts: Sequence[Fact]) -> list[Fact]:
    """The facts but those that tell of a supervisor on a call."""
    return [
        fact for fact in facts if type(fact) not in DISCREET and not (type(fact) is AskRefused and fact.what in _WISHES)
    ]


def shown_to_all(view: FloorView) -> FloorView:
    """The view with those supervisors only whom agents may see."""
    if not view.supervisions:
        return view
    return msgspec.structs.replace(view, supervisions=tuple(s for s in view.supervisions if s.told))


def may_be_told(kind: str, fields: dict[str, object]) -> bool:
    """Whether a line of the journal may be shown to who may not listen."""
    return kind not in DISCREET_NAMES and not (kind == "AskRefused" and fields.get("what") in _WISHES)
