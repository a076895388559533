"""What engine tests work with: a probe among the apps, and a doorbell that only notes."""

from collections.abc import Iterator

import pytest

from tests.support.probe import Probe
from tests.support.runs import Rung, apps, rung


@pytest.fixture
def probe() -> Iterator[Probe]:
    probe = Probe()
    with apps(probe.app()):
        yield probe


@pytest.fixture(autouse=True)
def bell() -> Iterator[Rung]:
    with rung() as bell:
        yield bell
