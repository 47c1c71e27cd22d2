"""The do-not-call list as the desk sees it: what it takes and gives, numbers masked in every answer."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol

import msgspec

from desk.bodies import Body

Text = Annotated[str, msgspec.Meta(max_length=100)]


class Complaint(Body, frozen=True, kw_only=True):
    """Somebody complained; of `number` and `customer` one is given."""

    number: Text = ""
    customer: Text = ""
    how: Literal["phone", "letter", "visit"]


class NewEntry(Body, frozen=True, kw_only=True):
    """An entry: one of number, customer, prefix (E.164) or range (`first` to `last`). `until` in epoch seconds, not given
    for good; on one campaign, for one list owner, or everywhere."""

    number: Text = ""
    customer: Text = ""
    prefix: Text = ""
    first: Text = ""
    last: Text = ""
    campaign: Text = ""
    owner: Text = ""
    reason: Text = ""
    until: float | None = None


class Asked(Body, frozen=True, kw_only=True):
    number: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class Barring(msgspec.Struct, frozen=True, kw_only=True):
    """An entry for people: `what` it names is masked; `lifted_at` None while it is on the list."""

    id: int
    kind: str
    what: str
    campaign: str
    owner: str
    reason: str
    source: str
    author: str
    at: float
    until: float | None
    lifted_at: float | None
    lifted_by: str


class Made(msgspec.Struct, frozen=True, kw_only=True):
    """The entries that were new; none when all were on the list already."""

    entries: tuple[int, ...]


class ComplaintFiled(msgspec.Struct, frozen=True, kw_only=True):
    """How many customers and numbers the complaint has barred everywhere, and the entries that were new."""

    customers: int
    numbers: int
    entries: tuple[int, ...]


class Objection(msgspec.Struct, frozen=True, kw_only=True):
    """What bars a number: `kind` is number, customer, prefix, range or list; `until` None for good; `campaign` empty for
    everywhere."""

    kind: str
    until: float | None
    campaign: str
    reason: str
    name: str
    id: int


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The number, masked, and all that bars it."""

    number: str
    objections: tuple[Objection, ...]


class DoNotCallRefused(Exception):
    """The wish cannot be granted; `code` is what the pages translate."""

    def __init__(self, status: int, code: str, words: dict[str, str] | None = None) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.words = words or {}


class DoNotCallDesk(Protocol):
    """The list behind the API; what is granted binds the gate before the answer leaves."""

    async def complain(self, said: Complaint, actor: str) -> ComplaintFiled: ...

    async def entries(self, *, limit: int, before: int | None, lifted: bool) -> Sequence[Barring]: ...

    async def add(self, said: NewEntry, actor: str) -> Made: ...

    async def lift(self, entry: int, actor: str) -> Barring: ...

    async def check(self, number: str) -> Checked: ...
