"""The commands abi diff, history and rules, on small dumps."""

import json

import pytest
from helpers.abi_dumps import dump, itself, queues
from helpers.in_process import virtsmith

from virtsmith.abi.dump.model import Section, SectionStatus
from virtsmith.abi.dump.store import DumpStore


@pytest.fixture
def dumps(tmp_path):
    """Three binaries with one machine type: the queues grow in the second and shrink in the third."""
    store = DumpStore(tmp_path / "dumps")
    for version, size in (("10.0.2", 256), ("10.0.13", 1024), ("11.1.3", 256)):
        store.save(itself(version, ["pc-q35-7.2", "pc-q35-2.4"] if version < "11" else ["pc-q35-7.2"]))
        store.save(dump(version, virtio=queues(size)))
    return store.path


def run(*words, directory=None):
    return virtsmith("abi", *words, env={"VIRTSMITH_ABI": str(directory or "/nonexistent"), "COLUMNS": "100"})


def test_a_break_is_named_with_its_rule_and_exits_with_1(dumps):
    done = run("diff", "10.0.13", "11.1.3", "-m", "pc-q35-7.2", directory=dumps)
    assert done.returncode == 1
    assert "breaks (2)" in done.stdout
    assert "ABI-QUEUE-SIZE" in done.stdout
    assert "no real load was made" in done.stdout
    assert "compatible" not in done.stdout


def test_the_way_back_is_another_matter(dumps):
    done = run("diff", "11.1.3", "10.0.13", "-m", "pc-q35-7.2", directory=dumps)
    assert "changes-after-reboot (2)" in done.stdout
    assert "ABI-QUEUE-SIZE" not in done.stdout


def test_both_ways_judges_both(dumps):
    data = json.loads(
        run("diff", "10.0.13", "11.1.3", "-m", "pc-q35-7.2", "--both-ways", "--json", directory=dumps).stdout
    )
    words = {(entry["a"][:4], entry["verdict"]["word"]) for entry in data["comparisons"] if entry["machine"]}
    assert words == {("10.0", "breaks"), ("11.1", "changes-after-reboot")}


def test_a_directory_is_compared_binary_by_binary(dumps):
    done = run("diff", dumps)
    assert "10.0.2 -> 10.0.13" in done.stdout
    assert "Side by side" in done.stdout
    assert "ABI-MACHINE-REMOVED" in done.stdout


def test_a_dump_does_not_differ_from_itself(dumps):
    path = next(dumps.glob("11.1*/pc-q35-7.2*"))
    done = run("diff", path, path, "--all-impacts")
    assert (done.returncode, "nothing-found" in done.stdout) == (0, True)


@pytest.mark.parametrize(
    ("options", "code"),
    [((), 1), (("--fail-on", "break"), 0), (("--fail-on", "never"), 0), (("--fail-on", "noise"), 1)],
)
def test_fail_on_chooses_what_counts(dumps, options, code):
    assert run("diff", "10.0.2", "10.0.13", "-m", "pc-q35-7.2", *options, directory=dumps).returncode == code


def test_what_could_not_be_judged_is_no_success(dumps):
    store = DumpStore(dumps)
    store.save(dump("11.1.3", virtio=Section(SectionStatus.CRASHED, detail="Aborted")))
    done = run("diff", "10.0.13", "11.1.3", "-m", "pc-q35-7.2", "--fail-on", "break", directory=dumps)
    assert done.returncode == 1
    assert "not-judged" in done.stdout
    assert "crashed when queried (Aborted)" in done.stdout


def test_hidden_impacts_are_counted(dumps):
    done = run("diff", "10.0.2", "10.0.13", "-m", "pc-q35-7.2", "--min-impact", "break", directory=dumps)
    assert "not shown: 2 reboot-visible (--all-impacts shows them)" in done.stdout


@pytest.mark.parametrize("output_format", ["text", "json", "markdown", "sarif", "junit", "html"])
def test_every_format_names_the_rule(dumps, tmp_path, output_format):
    target = tmp_path / "out"
    done = run("diff", "10.0.13", "11.1.3", "--format", output_format, "-o", target, directory=dumps)
    assert (done.returncode, done.stdout) == (1, "")
    assert "ABI-QUEUE-SIZE" in target.read_text()


def test_sarif_is_what_code_hosting_sites_read(dumps):
    log = json.loads(run("diff", "10.0.13", "11.1.3", "--format", "sarif", directory=dumps).stdout)
    levels = {result["ruleId"]: result["level"] for result in log["runs"][0]["results"]}
    assert levels["ABI-QUEUE-SIZE"] == "error"
    assert log["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("diff", "10.0.13"), 2, "one QEMU cannot be compared"),
        (("diff", "10.0.13", "9.9"), 2, "there are no dumps of 9.9"),
        (("diff", "10.0", "11.1.3"), 2, "several binaries match 10.0"),
        (("diff", "nowhere/", "11.1.3"), 3, "no such file"),
        (("diff", "10.0.13", "11.1.3", "--devices", "virtio", "-m", "pc-*-9"), 2, "no dump of the same machine type"),
        (("history", "nowhere.json"), 3, "no such file"),
        (("rules", "ABI-NONE"), 2, "no such rule"),
    ],
)
def test_mistakes_are_reported_in_a_line(dumps, words, code, message):
    done = run(*words, directory=dumps)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_garbage_is_refused_by_name(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(bytes(range(256)))
    done = run("diff", path, path)
    assert (done.returncode, str(path) in done.stderr) == (3, True)


def test_history_shows_what_was_added_and_removed(dumps):
    done = run("history", dumps)
    assert done.returncode == 0
    assert [line.split() for line in done.stdout.splitlines() if "2.4" in line] == [["pc-q35-2.4", "before", "11.1.3"]]
    data = json.loads(run("history", dumps, "-m", "*2.4", "--json").stdout)
    assert data["versions"] == ["10.0.2", "10.0.13", "11.1.3"]
    assert data["machines"][0]["states"] == ["present", "present", "absent"]
    assert "pc-q35-7.2" not in run("history", dumps, "--changed").stdout


def test_rules_are_explained():
    done = run("rules", "abi-queue-size")
    assert done.stdout.startswith("ABI-QUEUE-SIZE (break): a virtio queue is smaller")
    for name in ("ABI-UNJUDGED", "ABI-ALLOW-EXPIRED", "ABI-ALLOW-UNUSED"):
        assert run("rules", name).stdout.startswith(f"{name} (")
    everything = json.loads(run("rules", "--json").stdout)["rules"]
    assert len(everything) > 50
    assert "ABI-QUEUE-SIZE (break)" in run("rules", "--format", "html").stdout


ALLOW = """[[allow]]
rule = "ABI-{MACHINE-REMOVED,QUEUE-SIZE}"
reason = "the old machine type is not used; guests restart"

[[allow]]
section = "acpi"
reason = "ours"
until = 2020-01-01
"""


@pytest.fixture
def allowed(tmp_path):
    path = tmp_path / "allow.toml"
    path.write_text(ALLOW)
    return path


def test_what_is_allowed_is_listed_with_its_reason_and_does_not_fail(dumps, allowed):
    done = run("diff", "10.0.13", "11.1.3", "--allow", allowed, directory=dumps)
    assert done.returncode == 0
    assert "nothing-found, 2 allowed" in done.stdout
    assert "guests restart" in done.stdout
    assert f"{allowed}:5:1: warning: this allowance expired after 2020-01-01" in done.stderr


@pytest.mark.parametrize("output_format", ["json", "markdown", "sarif", "junit", "html"])
def test_every_format_shows_why_something_is_allowed(dumps, allowed, output_format):
    done = run("diff", "10.0.13", "11.1.3", "--allow", allowed, "--format", output_format, directory=dumps)
    assert done.returncode == 0
    assert "guests restart" in done.stdout
    assert "ABI-QUEUE-SIZE" in done.stdout


def test_a_load_that_failed_is_not_to_be_allowed(dumps, allowed, tmp_path):
    keys = {path.name.rpartition("-")[0]: path.name for path in dumps.iterdir()}
    load = {
        "machine": "pc-q35-7.2",
        "devices": "default-0123abcd",
        "accel": "tcg",
        "saved_by": keys["10.0.13"],
        "loaded_by": keys["11.1.3"],
        "booted": False,
        "result": "failed",
        "device": "net0",
        "error": "VQ 0",
        "seconds": 1,
        "left_out": {},
    }
    loads = tmp_path / "loads.json"
    loads.write_text(json.dumps({"schema": "virtsmith.abi-migrate/1", "loads": [load], "binaries": {}, "failures": []}))
    done = run("diff", "10.0.13", "11.1.3", "--allow", allowed, "--loads", loads, directory=dumps)
    assert (done.returncode, "breaks, 2 allowed" in done.stdout) == (1, True), done.stderr


def test_a_damaged_file_of_allowances_stops_everything(dumps, tmp_path):
    path = tmp_path / "allow.toml"
    path.write_text(ALLOW.replace("ours", ""))
    output = tmp_path / "out"
    for command in (["diff", "10.0.13", "11.1.3"], ["report", dumps]):
        done = run(*command, "--allow", path, "-o", output, directory=dumps)
        assert (done.returncode, done.stdout, output.exists()) == (3, "", False)
        assert f"{path}:7:1: an allowance needs a reason" in done.stderr


def test_a_file_of_allowances_is_drafted_from_what_is_not_allowed_yet(dumps, tmp_path):
    path, more = tmp_path / "allow.toml", tmp_path / "more.toml"
    done = run("diff", "10.0.13", "11.1.3", "--write-allow", path, directory=dumps)
    assert (done.returncode, f"wrote {path}: 2 entries" in done.stderr) == (1, True)
    again = run("diff", "10.0.13", "11.1.3", "--write-allow", path, directory=dumps)
    assert (again.returncode, "already exists" in again.stderr) == (2, True)
    assert run("diff", "10.0.13", "11.1.3", "--allow", path, directory=dumps).returncode == 3
    path.write_text(path.read_text().replace('reason = ""', 'reason = "known"'))
    done = run("diff", "10.0.13", "11.1.3", "--allow", path, "--write-allow", more, directory=dumps)
    assert (done.returncode, done.stderr) == (0, f"wrote {more}: nothing is left to allow\n")


def test_a_report_takes_allowances_as_well(dumps, allowed, tmp_path):
    page = tmp_path / "abi.html"
    assert run("report", dumps, "--allow", allowed, "-o", page, directory=dumps).returncode == 0
    listed = [
        load["allowed"]["reason"]
        for load in json.loads(page.with_suffix(".json").read_text())["differences"]
        if "allowed" in load
    ]
    assert len(listed) == 3
    assert "guests restart" in page.read_text()
