"""The commands abi diff, history and rules, on small dumps."""

import json

import pytest
from abi_dumps import dump, itself, queues
from in_process import virtsmith

from virtsmith.abi.model import Section, Status
from virtsmith.abi.store import Store


@pytest.fixture
def dumps(tmp_path):
    """Three binaries with one machine type: the queues grow in the second and shrink in the third."""
    store = Store(tmp_path / "dumps")
    for version, size in (("10.0.2", 256), ("10.0.13", 1024), ("11.1.3", 256)):
        store.save(itself(version, ["pc-q35-7.2", "pc-q35-2.4"] if version < "11" else ["pc-q35-7.2"]))
        store.save(dump(version, virtio=queues(size)))
    return store.path


def run(*words, folder=None):
    return virtsmith("abi", *words, env={"VIRTSMITH_ABI": str(folder or "/nonexistent"), "COLUMNS": "100"})


def test_a_break_is_named_with_its_rule_and_exits_with_1(dumps):
    done = run("diff", "10.0.13", "11.1.3", "-m", "pc-q35-7.2", folder=dumps)
    assert done.returncode == 1
    assert "breaks (2)" in done.stdout
    assert "ABI-QUEUE-SIZE" in done.stdout
    assert "no real load was made" in done.stdout
    assert "compatible" not in done.stdout


def test_the_way_back_is_another_matter(dumps):
    done = run("diff", "11.1.3", "10.0.13", "-m", "pc-q35-7.2", folder=dumps)
    assert "changes-after-reboot (2)" in done.stdout
    assert "ABI-QUEUE-SIZE" not in done.stdout


def test_both_ways_judges_both(dumps):
    data = json.loads(
        run("diff", "10.0.13", "11.1.3", "-m", "pc-q35-7.2", "--both-ways", "--json", folder=dumps).stdout
    )
    words = {(one["a"][:4], one["verdict"]["word"]) for one in data["comparisons"] if one["machine"]}
    assert words == {("10.0", "breaks"), ("11.1", "changes-after-reboot")}


def test_a_folder_is_compared_binary_by_binary(dumps):
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
    assert run("diff", "10.0.2", "10.0.13", "-m", "pc-q35-7.2", *options, folder=dumps).returncode == code


def test_what_could_not_be_judged_is_no_success(dumps):
    store = Store(dumps)
    store.save(dump("11.1.3", virtio=Section(Status.CRASHED, detail="Aborted")))
    done = run("diff", "10.0.13", "11.1.3", "-m", "pc-q35-7.2", "--fail-on", "break", folder=dumps)
    assert done.returncode == 1
    assert "not-judged" in done.stdout
    assert "crashed when asked (Aborted)" in done.stdout


def test_hidden_impacts_are_counted(dumps):
    done = run("diff", "10.0.2", "10.0.13", "-m", "pc-q35-7.2", "--min-impact", "break", folder=dumps)
    assert "not shown: 2 reboot-visible (--all-impacts shows them)" in done.stdout


@pytest.mark.parametrize("output_format", ["text", "json", "markdown", "sarif", "junit", "html"])
def test_every_format_names_the_rule(dumps, tmp_path, output_format):
    target = tmp_path / "out"
    done = run("diff", "10.0.13", "11.1.3", "--format", output_format, "-o", target, folder=dumps)
    assert (done.returncode, done.stdout) == (1, "")
    assert "ABI-QUEUE-SIZE" in target.read_text()


def test_sarif_is_what_code_hosting_sites_read(dumps):
    log = json.loads(run("diff", "10.0.13", "11.1.3", "--format", "sarif", folder=dumps).stdout)
    levels = {result["ruleId"]: result["level"] for result in log["runs"][0]["results"]}
    assert levels["ABI-QUEUE-SIZE"] == "error"
    assert log["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("diff", "10.0.13"), 2, "one QEMU cannot be compared"),
        (("diff", "10.0.13", "9.9"), 2, "there are no dumps of 9.9"),
        (("diff", "10.0", "11.1.3"), 2, "several binaries are 10.0"),
        (("diff", "nowhere/", "11.1.3"), 3, "no such file"),
        (("diff", "10.0.13", "11.1.3", "--devices", "virtio", "-m", "pc-*-9"), 2, "no dump of the same machine type"),
        (("history", "nowhere.json"), 3, "no such file"),
        (("rules", "ABI-NONE"), 2, "no such rule"),
    ],
)
def test_mistakes_are_told_in_a_line(dumps, words, code, message):
    done = run(*words, folder=dumps)
    assert done.returncode == code
    assert message in done.stderr
    assert "Traceback" not in done.stderr


def test_garbage_is_refused_by_name(tmp_path):
    path = tmp_path / "x.json"
    path.write_bytes(bytes(range(256)))
    done = run("diff", path, path)
    assert (done.returncode, str(path) in done.stderr) == (3, True)


def test_history_tells_what_came_and_went(dumps):
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
    everything = json.loads(run("rules", "--json").stdout)["rules"]
    assert len(everything) > 50
    assert "### ABI-QUEUE-SIZE" in run("rules", "--format", "markdown").stdout
