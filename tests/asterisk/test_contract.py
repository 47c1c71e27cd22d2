"""The contract every exchange keeps, played on a real Asterisk: the same tests as over the simulated exchange."""

import pytest

from tests.contracts import test_inbound, test_later, test_oncall, test_outcomes, test_seats, test_supervising

pytestmark = pytest.mark.asterisk

for _scenes in (test_inbound, test_later, test_oncall, test_outcomes, test_seats, test_supervising):
    globals().update({name: scene for name, scene in vars(_scenes).items() if name.startswith("test_")})
