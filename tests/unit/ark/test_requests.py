import json
from pathlib import Path

import pytest

from virtsmith.ark.layout import Ark, InstalledVersion, NotInstalled, dump_installed
from virtsmith.ark.requests import VersionRequest, choose, find_installed, nearest, require_installed, selects
from virtsmith.errors import InputError, UsageError


def installed(ark, app, identity, version, origin="debian:x"):
    directory = ark.path / app / identity
    directory.mkdir(parents=True)
    made = InstalledVersion(app, identity, directory, version, origin, "p", "00")
    (directory / "version.json").write_text(dump_installed(made))
    return made


@pytest.fixture
def ark(tmp_path):
    made = Ark(tmp_path)
    for identity, version in (
        ("7.2+x-1", "7.2.22"),
        ("10.0.2+bpo", "10.0.2"),
        ("10.0.13+x", "10.0.13"),
        ("5.2", "5.2.0"),
    ):
        installed(made, "qemu", identity, version, f"debian:{identity}")
    return made


@pytest.mark.parametrize(
    ("text", "version", "expected"),
    [
        ("7.2", "7.2.22", True), ("7.2.0", "7.2.22", False), ("7", "7.2.22", True), ("9.0.0", "9.0", True),
        ("6..7.2", "7.2.22", True), ("6..7", "7.2.22", True), ("..5", "5.2.0", True), ("8..", "7.2.22", False),
        (">=7,<10", "7.2.22", True), (">=7,<10", "10.0.2", False), (">7.2", "7.2.22", True), ("!=7.2", "7.2", False),
        ("==7.2", "7.2.1", True), ("1.2.1", "1.2.10", False), ("7.2", "not a version", False),
    ],
)  # fmt: skip
def test_selections_mean_what_they_say(text, version, expected):
    assert selects(text, version) is expected


def test_installed_versions_come_in_order_and_are_found_by_every_name(ark):
    assert [version.version for version in ark.installed()] == ["5.2.0", "7.2.22", "10.0.2", "10.0.13"]
    assert require_installed(ark, VersionRequest.parse("qemu@10.0")).version == "10.0.13"
    assert require_installed(ark, VersionRequest.parse("qemu@10.0.2+bpo")).version == "10.0.2"
    assert require_installed(ark, VersionRequest.parse("qemu@debian:5.2")).version == "5.2.0"
    assert len(find_installed(ark, VersionRequest.parse("qemu@>=7"))) == 3


def test_what_is_not_installed_is_named_with_its_neighbours(ark):
    with pytest.raises(NotInstalled, match=r"qemu@8\.0 is not installed") as caught:
        require_installed(ark, VersionRequest.parse("qemu@8.0"))
    assert caught.value.hint == "installed are 5.2.0, 7.2.22, 10.0.2, 10.0.13; virtsmith ark install qemu@8.0"
    assert nearest("1.2.10", ["1.2.9", "1.2.11", "1.3.0", "9.0.0", "1.2.8", "junk"]) == [
        "1.2.8",
        "1.2.9",
        "1.2.11",
        "1.3.0",
    ]


@pytest.mark.parametrize("text", ["", "xen@4", "qemu@9..8", "qemu@7.x", "qemu@>=", "@7"])
def test_requests_that_mean_nothing_are_refused(text):
    with pytest.raises(UsageError):
        VersionRequest.parse(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("min,max", ["5.2.0", "10.0.13"]),
        ("all", ["5.2.0", "7.2.22", "10.0.2", "10.0.13"]), (">=7,<10.0.5", ["7.2.22", "10.0.2"]),
        ("10.0,max,5.2", ["10.0.2", "10.0.13", "5.2.0"]), ("6..8", ["7.2.22"]), ("3", []),
    ],
)  # fmt: skip
def test_versions_are_chosen_by_lists(ark, text, expected):
    assert [version.version for version in choose(ark.installed("qemu"), text)] == expected


def test_a_damaged_record_is_named(ark):
    record = ark.path / "qemu/5.2/version.json"
    for content in (
        "{",
        "[]",
        "null",
        json.dumps({"schema": "virtsmith.ark-version/1"}),
        json.dumps({"schema": "other"}),
    ):
        record.write_text(content)
        with pytest.raises(InputError, match=r"version\.json"):
            ark.installed()


def test_an_ark_is_where_the_environment_says(monkeypatch, tmp_path):
    monkeypatch.setenv("VIRTSMITH_ARK", str(tmp_path))
    assert Ark.open().path == tmp_path
    monkeypatch.delenv("VIRTSMITH_ARK")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    assert Ark.open().path == Path("/data/virtsmith/ark")


@pytest.mark.parametrize(
    ("request_", "held"),
    [("qemu@10.0", True), ("qemu@10.0.13", True), ("qemu@>=10.0.5,<11", True), ("qemu@10", True), ("qemu@10.1", False),
     ("qemu@10.01", False), ("qemu@>=11", False), ("qemu@7.2..9", False)],
)  # fmt: skip
def test_a_suite_with_a_series_may_hold_its_point_releases(request_, held):
    from virtsmith.ark.install.installer import _may_hold

    assert _may_hold("10.0", VersionRequest.parse(request_)) is held
