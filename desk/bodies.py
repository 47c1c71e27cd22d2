"""What the API takes and gives: one msgspec.Struct for each JSON body."""

from typing import Annotated, Literal

import msgspec

from telephony.agents import SeatMode

Short = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]
Note = Annotated[str, msgspec.Meta(max_length=2000)]


class Body(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request's JSON object; unknown fields are refused so that a typing error is found."""


class Nothing(Body, frozen=True, kw_only=True):
    """No body, or an empty object."""


class SignIn(Body, frozen=True, kw_only=True):
    mode: SeatMode | None = None


class Ready(Body, frozen=True, kw_only=True):
    """In wrap-up: ready not at once but in so many seconds, or when the wrap-up ends before."""

    in_s: Annotated[float, msgspec.Meta(ge=0, le=3600)] = 0.0


class Leave(Body, frozen=True, kw_only=True):
    """No further call in so many seconds; `reason` of not being ready, empty to sign out."""

    in_s: Annotated[float, msgspec.Meta(ge=0, le=43_200)]
    reason: Annotated[str, msgspec.Meta(max_length=80)] = ""


class NotReady(Body, frozen=True, kw_only=True):
    reason: Short


class Disposition(Body, frozen=True, kw_only=True):
    """`callback_at` is seconds since the epoch; `done` ends the wrap-up."""

    call: Short
    disposition: Short
    note: Note = ""
    done: bool = True
    callback_at: float | None = None


class Preview(Body, frozen=True, kw_only=True):
    campaign: Short


class PartyBody(Body, frozen=True, kw_only=True):
    """Whom to consult or transfer to, exactly one: an agent, the next free of a queue, the shift leader, a number
    outside (``+86…``), an IVR node. A transfer without any goes to whom the agent consults."""

    agent: Short | None = None
    queue: Short | None = None
    leader: bool = False
    number: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    node: Short | None = None


class SurveyBody(Body, frozen=True, kw_only=True):
    """Which survey; the line's own when left out."""

    survey: Annotated[str, msgspec.Meta(max_length=80)] = ""


class OneLead(Body, frozen=True, kw_only=True):
    lead: int


class Reason(Body, frozen=True, kw_only=True):
    """Why somebody must see what is hidden."""

    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Why(Body, frozen=True, kw_only=True):
    """What is said about a decision."""

    why: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Change(Body, frozen=True, kw_only=True):
    """What of a customer's data should be changed; what is left out stays. `zone` is an IANA name or empty."""

    name: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    number: Annotated[str, msgspec.Meta(max_length=40)] | None = None
    zone: Annotated[str, msgspec.Meta(max_length=60)] | None = None
    extra: dict[str, str] | None = None


class Export(Body, frozen=True, kw_only=True):
    """Numbers are masked; with `whole_numbers` and a reason they are whole where an order was concluded."""

    what: Literal["leads", "attempts", "recordings"]
    format: Literal["csv", "xlsx"] = "csv"
    campaign: Short | None = None
    whole_numbers: bool = False
    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """The wish was granted; what follows from it shows on the floor."""

    granted: bool = True


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """Every error of the API: a code for programs, a message for people in the language asked for."""

    code: str
    message: str
    words: dict[str, str] = {}


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """The floor in a few figures: agents by state, calls by stage, campaigns by name with their state."""

    at: float
    simulated: bool
    version: str
    actor: str
    agents: dict[str, int]
    calls: dict[str, int]
    campaigns: dict[str, str]
    alarms: int
    not_ready_reasons: list[str]
