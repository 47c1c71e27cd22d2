"""Which facts are somebody's act, and what the trail keeps of them."""

import msgspec

from store.audited import Deed, deeds
from telephony.batches import BatchClosed, LeadsAllocated
from telephony.facts import Acted, CallRang, CampaignChanged, CustomerBarred
from telephony.ids import CallId, CampaignId, CustomerId, LeadId
from telephony.screens import ScreenSignedIn, SeatTakenOver

SPRING = CampaignId("spring")


def test_an_act_is_kept_as_it_was_said() -> None:
    said = Acted(actor="boss", act="data.export", about="leads", words={"rows": "7", "form": "csv"})
    assert deeds([(1.0, said)]) == [Deed(1.0, "boss", "data.export", "leads", '{"form":"csv","rows":"7"}')]


def test_steering_barring_and_what_is_done_with_batches_are_acts() -> None:
    done = deeds(
        [
            (1.0, CampaignChanged(campaign=SPRING, state="paused", actor="boss")),
            (2.0, CustomerBarred(customer=CustomerId("k1"), number_key=9, why="opt_out", actor="agent")),
            (3.0, BatchClosed(batch="b1", campaign=SPRING, actor="boss", why="asked")),
        ]
    )
    assert [(one.actor, one.act, one.about) for one in done] == [
        ("boss", "campaign.steer", "spring"),
        ("agent", "dnc.bar", "k1"),
        ("boss", "batch.closed", "b1"),
    ]
    assert all("9" not in one.words for one in done)


def test_an_allocation_names_no_lead_one_by_one() -> None:
    moved = LeadsAllocated(batch="b1", campaign=SPRING, actor="boss", leads=(LeadId(1), LeadId(2)), count=2, holder="g")
    (deed,) = deeds([(1.0, moved)])
    assert msgspec.json.decode(deed.words) == {"campaign": "spring", "count": "2", "holder": "g"}


def test_what_nobody_did_is_no_act() -> None:
    facts = [CallRang(call=CallId("c-1")), BatchClosed(batch="b1", campaign=SPRING, why="time")]
    assert deeds([(1.0, fact) for fact in facts]) == []


def test_seats_taken_over_and_sign_ins_at_screens_are_acts() -> None:
    over = SeatTakenOver(actor="lead", failed="one", spare="spare", agents=("1001",))
    signed = ScreenSignedIn(user="zhang", receiver="5001")
    kept = [(deed.actor, deed.act, deed.about) for deed in deeds([(1.0, over), (2.0, signed)])]
    assert kept == [("lead", "kvm.take_over", "one"), ("zhang", "kvm.sign_in", "5001")]
