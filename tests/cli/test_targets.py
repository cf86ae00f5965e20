"""The commands ark targets and ark minimum, and xml check and since for distributions."""

import csv
import io
import json

import pytest
from helpers.in_process import virtsmith

HEAD = "distribution,release,codename,released,eol,extended,libvirt,qemu,machine,types,checked,source\n"
ROWS = (
    "own,1,one,2020-01-01,2022-01-01,2099-01-01,6.0.0,4.2,pc-i440fx-4.2,upstream,,me\n"
    "own,2,,,2098-01-01,,9.0.0,7.2,,upstream,,me\nother,5,,,,,9.8.0,,,,,me\n"
)
DISK = "<disk type='vhostvdpa' device='disk'><source dev='/dev/v'/><target dev='vda'/></disk>"
DOMAIN = (
    "<domain type='kvm'>\n<name>a</name>\n<memory>1</memory>\n<os><type machine='{}'>hvm</type></os>\n"
    f"<devices>\n{DISK}\n</devices><memoryBacking><access mode='shared'/></memoryBacking></domain>\n"
)


@pytest.fixture
def run(tmp_path):
    environment = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "COLUMNS": "100"}
    (tmp_path / "virtsmith").mkdir()
    (tmp_path / "virtsmith" / "targets.csv").write_text(HEAD + ROWS)

    def run(*words, document=""):
        return virtsmith(*words, input=document, env=environment)

    return run


def test_the_users_own_targets_are_listed_with_the_shipped_ones(run):
    rows = list(csv.DictReader(io.StringIO(run("ark", "targets", "--format", "csv").stdout)))
    assert {"own-1", "own-2", "debian-12"} <= {f"{row['distribution']}-{row['release']}" for row in rows}
    data = json.loads(run("ark", "targets", "one", "--json").stdout)
    assert data["schema"] == "virtsmith.ark-targets/1"
    assert (data["targets"][0]["name"], data["targets"][0]["source"]) == ("own-1", "me")
    assert "?" in run("ark", "targets", "other-5").stdout


def test_the_minimum_is_shown_by_period_with_the_one_that_holds_now(run):
    done = run("ark", "minimum", "own", "other-5")
    assert [line.split() for line in done.stdout.splitlines()[1:]] == [
        ["all", "6.0.0", "own-1", "4.2", "own-1"],
        ["2022-01-01", "9.0.0", "own-2", "7.2", "own-2", "own-1", "now"],
        ["2098-01-01", "9.8.0", "other-5", "?", "own-2"],
    ]
    assert "other-5" in done.stderr
    longer = json.loads(run("ark", "minimum", "own", "--extended", "--json").stdout)
    assert [(step["since"], step["libvirt"], step["now"]) for step in longer["steps"]] == [("", "6.0.0", True)]
    assert "| from |" in run("ark", "minimum", "own-2", "--format", "markdown").stdout


def test_check_says_what_each_target_refuses(run):
    done = run(
        "xml",
        "check",
        "-",
        "--target",
        "own",
        "--target",
        "libvirt=12.8,qemu=11.1",
        document=DOMAIN.format("pc-q35-6.2"),
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    place = "<stdin>:6: /domain/devices/disk/@type='vhostvdpa'"
    assert lines[0] == f"{place} is in libvirt's schema only since 9.8.0 at the latest (after 9.0.0)"
    assert lines[-1] == "libvirt defines: no objection is known"
    assert [line.split()[:5] for line in lines[2:-1]] == [
        ["own-1", "6.0.0", "4.2", "refuses", "absent"],
        ["own-2", "9.0.0", "7.2", "refuses", "present"],
        ["libvirt=12.8,qemu=11.1", "12.8", "11.1", "accepts", "deprecated"],
    ]
    because = "libvirt: /domain/devices/disk/@type; QEMU 4.2 has no machine type pc-q35-6.2, which came with QEMU 6.2"
    assert lines[2].endswith(because)
    assert run("xml", "check", "-", "--target", "libvirt=12.8", document=DOMAIN.format("q35")).returncode == 0


def test_check_min_names_the_oldest_target_of_each_distribution(run):
    words = ["xml", "check", "-", "--min", "--target", "own", "--target", "debian"]
    done = run(*words, document=DOMAIN.format("pc-q35-9.2"))
    assert (done.returncode, done.stdout) == (0, "debian-12-backports\n")
    assert "own: no known release has a schema that accepts it and the machine type" in done.stderr
    assert run("xml", "check", "-", "--min", "--target", "own", document=DOMAIN.format("pc")).returncode == 1


def test_json_adds_targets_to_the_releases(run):
    data = json.loads(run("xml", "check", "-", "--target", "own-2", "--json", document=DOMAIN.format("pc")).stdout)
    assert data["releases"]["9.8.0"] == "schema accepts"
    assert data["targets"] == [
        {
            "target": "own-2",
            "libvirt": "9.0.0",
            "qemu": "7.2",
            "fits": False,
            "schema": "schema refuses",
            "machine_type": "present",
            "reasons": [str(data["targets"][0]["reasons"][0])],
        },
    ]


def test_since_names_the_first_release_of_each_distribution(run):
    done = run("xml", "since", "/domain/devices/disk/@type=vhostvdpa", "--target", "own", "--target", "other")
    assert done.stdout.splitlines()[0] == "9.8.0 at the latest (after 9.0.0)"
    assert [line.split() for line in done.stdout.splitlines()[2:]] == [["other-5", "9.8.0"], ["own", "none"]]
    data = json.loads(run("xml", "since", "/domain/@type=hvf", "--target", "own", "--json").stdout)
    assert data["distributions"] == [{"distribution": "own", "first": "own-2", "libvirt": "9.0.0", "unsure": False}]


def test_bad_requests_have_their_exit_codes(run, tmp_path):
    assert run("ark", "targets", "nothing-1").returncode == 2
    assert run("ark", "minimum").returncode == 2
    assert run("ark", "targets", "refresh", "lenny").returncode == 2
    assert run("xml", "check", "-", "--target", "all", "--libvirt", "9.0", document="<domain/>").returncode == 2
    assert run("xml", "check", "-", "--target", "all", document="<domain").returncode == 3
    (tmp_path / "virtsmith" / "targets.csv").write_text("a,b\n")
    damaged = run("ark", "targets")
    assert damaged.returncode == 3
    assert "targets.csv:1: the first line must name columns" in damaged.stderr
