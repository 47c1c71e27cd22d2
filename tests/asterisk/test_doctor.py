"""The doctor finds a real Asterisk with our files sound, and says which phones are not there."""

import pytest

from switchroom.doctor_pbx import pbx_findings
from tests.asterisk.rig.floor import Rig

pytestmark = pytest.mark.asterisk


async def test_the_doctor_finds_nothing_wrong_but_the_absent_phones(rig: Rig) -> None:
    settings = rig.settings
    findings = await pbx_findings(settings.asterisk[0], settings.trunk, settings.agent)
    sound = {finding.code for finding in findings if finding.level == "ok"}
    assert sound == {f"doctor.{what}" for what in ("ami_login", "version", "rights", "clock", "dialplan", "trunk")}
    (away,) = [finding for finding in findings if finding.level != "ok"]
    assert (away.code, away.words["phones"]) == ("doctor.phones_away", "3001, 3002, 4001, 4002")
