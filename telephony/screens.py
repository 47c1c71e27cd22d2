"""Facts of the seats' screens: every wish, what was decided, what the devices reported."""

from telephony.facts import Fact


class ScreenWished(Fact, frozen=True, kw_only=True, gc=False):
    """Somebody wishes something of the screens; `actor` "" is a rule of the house. `receiver` is where he sits."""

    ticket: int
    actor: str
    what: str
    receiver: str
    words: dict[str, str] = {}


class ScreenPlanned(Fact, frozen=True, kw_only=True, gc=False):
    """What the wish means: receivers and what each shall show, in order; `left_out` receivers and why."""

    ticket: int
    steps: tuple[tuple[str, str], ...]
    left_out: tuple[tuple[str, str], ...] = ()


class ScreenRefused(Fact, frozen=True, kw_only=True, gc=False):
    """The wish was not granted; `said` is what the pages translate, `about` the id it is about."""

    ticket: int
    actor: str
    said: str
    about: str = ""


class ScreenSwitched(Fact, frozen=True, kw_only=True, gc=False):
    """The device reports that the receiver shows what was wished, or `why` it does not; `transmitter` "" is nothing."""

    ticket: int
    receiver: str
    transmitter: str
    control: str
    why: str = ""
    took_s: float


class ScreenWishEnded(Fact, frozen=True, kw_only=True, gc=False):
    """All of the wish is known: `done` receivers of `of` show what was wished."""

    ticket: int
    actor: str
    what: str
    said: str
    done: int
    of: int
    took_s: float


class ScreenPushed(Fact, frozen=True, kw_only=True, gc=False):
    """A picture was lent: `receiver` shows what `source` shows, by the rights of who pushed it."""

    actor: str
    source: str
    receiver: str
    transmitter: str
    before: str


class ScreenPushEnded(Fact, frozen=True, kw_only=True, gc=False):
    """The lent picture is gone from the receiver."""

    receiver: str
    source: str
    why: str


class ScreenDrifted(Fact, frozen=True, kw_only=True, gc=False):
    """The device shows something else than was settled; `then` is show, restore or adopt."""

    receiver: str
    wanted: str
    shows: str
    then: str


class MatrixChanged(Fact, frozen=True, kw_only=True, gc=False):
    """The connection to a matrix: ``up`` (it has said what it shows) or ``lost``."""

    matrix: str
    state: str
    why: str = ""


class ScreenSignedIn(Fact, frozen=True, kw_only=True, gc=False):
    user: str
    receiver: str


class ScreenSignedOut(Fact, frozen=True, kw_only=True, gc=False):
    user: str
    receiver: str
    why: str = ""


class ScreenSignInRefused(Fact, frozen=True, kw_only=True, gc=False):
    """A wrong name or password at a receiver; `wait_s` until the next try is looked at."""

    user: str
    receiver: str
    wait_s: float = 0.0


class SeatTakenOver(Fact, frozen=True, kw_only=True, gc=False):
    """A spare seat stands in for a failed one: its agents, their phone and its screens."""

    actor: str
    failed: str
    spare: str
    agents: tuple[str, ...]
