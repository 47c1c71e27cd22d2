"""Pictures lent by a push: who pushed what where, and what was there before."""

import msgspec

from kvmctl.matrix.plant import RxId, TxId
from kvmctl.matrix.wishes import Control
from kvmctl.ports import Hold


class Before(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a receiver showed before something was pushed to it."""

    tx: TxId | None
    control: Control
    hold: Hold


class Loan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`rx` shows `tx` because `actor` pushed it from `source`; `before` is what comes back when he cancels."""

    rx: RxId
    tx: TxId
    source: RxId
    actor: str
    since: float
    before: Before


class Loans:
    """All pushes in force, one for each receiver at most."""

    def __init__(self) -> None:
        self.by_rx: dict[RxId, Loan] = {}

    def lend(self, loan: Loan) -> None:
        """A push on a push keeps what was there before the first."""
        former = self.by_rx.get(loan.rx)
        if former is not None:
            loan = msgspec.structs.replace(loan, before=former.before)
        self.by_rx[loan.rx] = loan

    def end(self, rx: RxId) -> Loan | None:
        return self.by_rx.pop(rx, None)

    def to(self, rx: RxId) -> Loan | None:
        return self.by_rx.get(rx)

    def of(self, source: RxId) -> list[Loan]:
        """What was pushed from there, in the order of the pushes."""
        return [loan for loan in self.by_rx.values() if loan.source == source]
