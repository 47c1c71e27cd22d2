"""A list that came over the API: taken in as from the command line, its faults as codes the desk can say."""

from itertools import islice
from pathlib import Path

from config.model import ServerSettings
from desk.ports import BatchRow, ImportRefused, ImportReport, ListOrder, RejectedRow
from store.audit import DESK
from store.batches import Batch, BatchExists, BatchMoved, BatchState, batch_of, batches_list
from store.faults import trouble_of
from store.left_out import rejects_of
from store.opening import Store
from switchroom.intake import BrokenOff, IntakeReport, Order, good_name, take_in
from switchroom.sheet import SheetFault
from telephony.ids import CampaignId

SHOWN_REJECTS = 100
AGAINST = frozenset({"campaign", "live", "yesterday"})


def take_upload(store: Store, server: ServerSettings, order: ListOrder, path: Path, owner: str) -> ImportReport:
    """Take the file in for a campaign of this list owner; raises ImportRefused."""
    if order.batch and not good_name(order.batch, server.region):
        raise ImportRefused("bad_batch_name")
    wanted = Order(
        path=path,
        campaign=CampaignId(order.campaign),
        author=order.actor,
        file=order.file or order.actor,
        name=order.batch,
        sheet=order.sheet,
        against=_against(order.against, server),
        region=server.region,
        zone=server.zone,
        agents=frozenset(agent.id for agent in server.agent),
        groups=frozenset(agent.group for agent in server.agent) - {""},
        owner=owner,
        lists=server.do_not_call.list,
        chain=DESK,
        share=server.batch.release,
        dry_run=order.dry_run,
    )
    try:
        report = take_in(store, wanted)
    except SheetFault as fault:
        raise ImportRefused(fault.code, fault.words) from None
    except BrokenOff as broken:
        words = {"batch": broken.batch.id, "line": str(broken.batch.position), "rows": str(broken.batch.rows)}
        raise ImportRefused("list_broken_off", words) from None
    except BatchMoved:
        raise ImportRefused("import_going_on") from None
    except BatchExists:
        raise ImportRefused("batch_exists", {"batch": order.batch}) from None
    except Exception as error:
        trouble = trouble_of(error)
        if trouble is None:
            raise
        raise ImportRefused("import_interrupted", {"why": trouble.value}) from None
    return _report(store, report)


def batch_rows(
    store: Store, *, campaign: str | None, state: str | None, before: float | None, limit: int
) -> list[BatchRow]:
    """Imported lists, newest first; none for a state there is not."""
    if state is not None and state not in {known.value for known in BatchState}:
        return []
    found = batches_list(
        store,
        campaign=CampaignId(campaign) if campaign else None,
        state=BatchState(state) if state else None,
        before=before,
        limit=limit,
    )
    return [_row(batch) for batch in found]


def batch_row(store: Store, id: str) -> BatchRow | None:
    found = batch_of(store, id)
    return None if found is None else _row(found)


def rejected_rows(store: Store, batch: str, *, after: int, limit: int) -> list[RejectedRow]:
    """What was not taken, from the one after the serial `after`."""
    return [
        RejectedRow(line=each.row, why=each.code, value=each.value, cells=tuple(each.cells), serial=each.serial)
        for each in islice(rejects_of(store, batch, after=after, limit=limit), limit)
    ]


def _against(text: str, server: ServerSettings) -> frozenset[str]:
    named = frozenset(part.strip() for part in text.split(",")) - {""}
    if not named:
        return frozenset(server.intake.against)
    if named == {"none"}:
        return frozenset()
    if not named <= AGAINST:
        raise ImportRefused("bad_against")
    return named


def _report(store: Store, report: IntakeReport) -> ImportReport:
    return ImportReport(
        campaign=report.campaign,
        accepted=report.added,
        rejected=report.rows - report.added,
        rows=tuple(rejected_rows(store, report.batch, after=0, limit=SHOWN_REJECTS)),
        batch=report.batch,
        total=report.rows,
        counts={**report.duplicates, **report.rejected, **report.further},
        already=report.already,
        dry_run=report.dry_run,
        resumed_after=report.resumed_after,
        created_at=report.created_at,
    )


def _row(batch: Batch) -> BatchRow:
    return BatchRow(
        id=batch.id,
        campaign=batch.campaign,
        file=batch.file,
        sheet=batch.sheet,
        state=batch.state.value,
        rows=batch.rows,
        added=batch.added,
        duplicates=batch.duplicates,
        rejected=batch.rejected,
        counts=batch.counts,
        position=batch.position,
        created_at=batch.created_at,
        opened_at=batch.opened_at,
        author=batch.author,
    )
