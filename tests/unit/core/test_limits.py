import re
from pathlib import Path

import pytest
from libvirtxml import limits as document_limits

from virtsmith.core import limits
from virtsmith.core.limits import ToolLimits
from virtsmith.core.parallel import open_executor
from virtsmith.errors import UsageError


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    """The defaults of the process, whatever a test chooses."""
    monkeypatch.setenv(limits.VARIABLE, "")
    yield
    document_limits.set_default(document_limits.Limits())


def test_the_environment_and_options_change_limits_and_options_win(monkeypatch):
    monkeypatch.setenv(limits.VARIABLE, "size=5,nodes=7")
    limits.choose(["nodes=9", "wait=none"])
    assert limits.current() == ToolLimits(size=5, nodes=9, wait=None)
    assert document_limits.current().nodes == 9


def test_all_limits_can_be_lifted():
    limits.choose([], lifted=True)
    assert limits.current() == ToolLimits.none()
    assert limits.current().ratio is None


def test_a_limit_that_does_not_exist_is_named():
    with pytest.raises(UsageError, match="no such limit: 'node'"):
        limits.choose(["node=1"])


@pytest.mark.slow
def test_processes_that_work_for_this_one_have_its_limits():
    limits.choose(["nodes=11"])
    with open_executor(2) as executor:
        found = [outcome.require() for outcome in executor.run([document_limits.current, limits.current])]
    assert [item.nodes for item in found] == [11, 11]


def test_the_page_has_every_limit_with_its_default():
    page = (Path(__file__).parents[3] / "docs/reference/limits.md").read_text()
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", page, re.MULTILINE))
    sizes = {"size": "64 MiB", "content": "1 GiB", "unpacked": "8 GiB"}
    defaults = {name: sizes.get(name, f"{getattr(ToolLimits(), name):,}") for name in ToolLimits.DEFAULTS}
    assert rows == defaults
    units = {"MiB": 1 << 20, "GiB": 1 << 30}
    for name, text in sizes.items():
        number, unit = text.split()
        assert getattr(ToolLimits(), name) == int(number) * units[unit]
