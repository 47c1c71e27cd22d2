"""A portion of an imported list in one transaction: compared with what is there, taken in or told, its place noted."""

import contextlib
from collections import Counter
from collections.abc import Sequence

import msgspec
from sqlalchemy import text

from store.audit import CLI
from store.batches import Batch, BatchState, advance
from store.chaining import write as put_down
from store.intake import insert_rows, lead_row
from store.known import ASIDE, DUPLICATES, Against, Arrival, BarredUntil, Sorting
from store.left_out import LeftOut, keep
from store.opening import Store
from store.resealing import keep_up
from telephony.facts import Acted

INTAKE_LOCK = 0x5357_4955


def take_portion(
    store: Store,
    batch: Batch,
    arrivals: Sequence[Arrival],
    refused: Sequence[LeftOut],
    *,
    position: int,
    against: Against,
    barred_until: BarredUntil,
    now: float,
    opens: bool = False,
    chain: str = CLI,
    write: bool = True,
) -> Batch:
    """Take rows of a list in, up to line `position`, and return the batch as it is then; `opens` when they are the last.

    Leads, what was not taken and the position are one transaction, and with the last the audit trail's entry in that
    `chain`. Raises BatchMoved when somebody else imports it; with ``write=False`` nothing is changed and only the counts are right."""
    sealed_by = store.seal.newest
    sealed = {id(lead): lead_row(store, lead) for arrival in arrivals for lead in arrival.leads} if write else {}
    pen = store.pen if write else contextlib.nullcontext()
    with pen, (store.writing if write else store.reading).begin() as connection:
        if write and connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": INTAKE_LOCK})
        sorting = Sorting(store, connection, batch, arrivals, against, barred_until)
        if write and keep_up(connection, store.seal, sealed_by):
            sealed.clear()
        counts, told = sorting.counts, [*refused, *sorting.told]
        for each in refused:
            counts["further_left_out" if each.aside else each.code] += 1
        added = sorting.rows_taken
        if write and sorting.taken:
            rows = [sealed.get(id(lead)) or lead_row(store, lead) for lead in sorting.taken]
            raced = len(rows) - insert_rows(connection, rows)
            counts["campaign_number"] += raced
            added -= raced
        after = _after(batch, counts, added, position)
        if opens:
            after = msgspec.structs.replace(after, state=BatchState.OPEN, opened_at=now)
        if write:
            keep(connection, store.seal, batch.id, told)
            advance(connection, batch, after)
            if opens:
                put_down(connection, [(now, _imported(after))], chain=chain)
    return after


def _imported(batch: Batch) -> Acted:
    """What the audit trail says of a list that came in."""
    figures = ("rows", "added", "duplicates", "rejected")
    words = {"campaign": batch.campaign, "file": batch.file, **{name: str(getattr(batch, name)) for name in figures}}
    return Acted(actor=batch.author, act="batch.import", about=batch.id, words=words)


def _after(batch: Batch, counts: Counter[str], added: int, position: int) -> Batch:
    fates = {code: count for code, count in counts.items() if code not in ASIDE}
    doubles = sum(fates.get(code, 0) for code in DUPLICATES)
    rejected = sum(fates.values()) - doubles
    total = Counter(batch.counts) + counts
    return msgspec.structs.replace(
        batch,
        rows=batch.rows + added + doubles + rejected,
        added=batch.added + added,
        duplicates=batch.duplicates + doubles,
        rejected=batch.rejected + rejected,
        position=position,
        counts=dict(sorted(total.items())),
    )
