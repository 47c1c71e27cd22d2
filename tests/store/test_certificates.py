"""Certificates in the store: granted, withdrawn, granted again, known to the next run, and in the audit trail."""

import pytest

import store
from store import audit
from store.certificates import certificates_held
from store.inline import InlineLedger
from store.recall import restored
from telephony.certificates import CertificateGranted, CertificateWithdrawn
from telephony.ids import AgentId

HER = AgentId("1001")


def granted(until: float | None = None) -> CertificateGranted:
    return CertificateGranted(agent=HER, skill="broadband", until=until, actor="lead")


@pytest.fixture
def withdrawn() -> CertificateWithdrawn:
    return CertificateWithdrawn(agent=HER, skill="broadband", why="lapsed", actor="lead")


def test_certificates_outlive_the_process(url: str, withdrawn: CertificateWithdrawn) -> None:
    opened = store.open(url)
    ledger = InlineLedger(opened)
    ledger.submit([granted(500.0)], 100.0)
    ledger.flush()
    [one] = restored(opened).certificates
    assert (one.agent, one.skill, one.granted_at, one.until) == (HER, "broadband", 100.0, 500.0)
    assert one.valid(499.0)
    assert not one.valid(500.0)
    ledger.submit([withdrawn], 200.0)
    ledger.flush()
    assert not certificates_held(opened)[0].valid(201.0)
    ledger.submit([withdrawn, granted()], 300.0)
    ledger.flush()
    assert certificates_held(opened)[0].valid(1e9)
    assert [act.act for act in audit.trail(opened, limit=9)].count("agent.certify") == 2
    opened.close()
