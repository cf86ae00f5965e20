import pytest

from virtsmith.ark.archive import suites
from virtsmith.ark.archive.suites import find_suite, iter_suites
from virtsmith.errors import UsageError


@pytest.fixture(autouse=True)
def _no_host_settings(monkeypatch):
    monkeypatch.delenv("VIRTSMITH_DEBIAN_MIRROR", raising=False)
    monkeypatch.setattr(suites, "_apt_mirror", lambda _pool: None)


def bases(suite):
    return [layer.base for tier in suite.tiers for layer in tier]


def test_security_updates_come_from_beside_the_mirror(monkeypatch):
    assert bases(find_suite("trixie")) == ["http://deb.debian.org/debian", "http://deb.debian.org/debian-security"]
    assert bases(find_suite("trixie", "https://near/debian/")) == [
        "https://near/debian",
        "https://near/debian-security",
    ]
    monkeypatch.setenv("VIRTSMITH_DEBIAN_MIRROR", "https://other/debian")
    assert bases(find_suite("sid")) == ["https://other/debian"]


def test_backports_lie_above_their_release():
    tiers = [[layer.name for layer in tier] for tier in find_suite("bookworm-backports").tiers]
    assert tiers == [["bookworm", "bookworm-security"], ["bookworm-backports"]]


def test_frozen_suites_come_first_and_days_of_the_snapshot_archive_promise_nothing():
    found = list(iter_suites())
    assert [suite.moves for suite in found] == sorted(suite.moves for suite in found)
    day = find_suite("snapshot:20240101T000000Z/bookworm")
    assert (day.moves, day.carries) == (True, {})
    assert bases(day)[1] == "http://snapshot.debian.org/archive/debian-security/20240101T000000Z"
    for name in ("lenny", "snapshot:yesterday/sid", "../sid", ""):
        with pytest.raises(UsageError, match="unknown suite"):
            find_suite(name)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        (
            "sources.list",
            "# deb http://no/debian x\ndeb [arch=amd64] http://near/debian bookworm main\n",
            "http://near/debian",
        ),
        ("sources.list.d/a.sources", "Types: deb\nURIs: https://far/debian/\nSuites: x\n", "https://far/debian"),
        ("sources.list.d/b.list", "deb http://near/debian-security x main\n", None),
        ("sources.list.d/c.list", "deb http://near/ubuntu x main\n", None),
    ],
)
def test_the_mirror_of_a_debian_host_is_found(tmp_path, monkeypatch, name, text, expected):
    monkeypatch.undo()
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / name).write_text(text)
    assert suites._apt_mirror("debian", tmp_path) == expected
