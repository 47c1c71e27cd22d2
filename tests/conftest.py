"""What all tests share: folders whose tests use one rig, or much of the machine, stay together on one worker."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent
TOGETHER = frozenset({"asterisk", "browser", "kvmctl", "scenarios"})


def pytest_itemcollected(item: pytest.Item) -> None:
    folder = item.path.relative_to(HERE).parts[0]
    if folder in TOGETHER:
        item.add_marker(pytest.mark.xdist_group(folder))
