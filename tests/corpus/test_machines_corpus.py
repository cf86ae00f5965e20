"""Machine types and distributions over libvirt's recordings and documents."""

import json
import subprocess
import sys
from collections import Counter

import pytest
from libvirtxml import XMLError

from virtsmith.abi.collect.static import machines
from virtsmith.abi.sources.replay import load_recording
from virtsmith.ark.catalogue.targets import Targets
from virtsmith.ark.check.targets import judge
from virtsmith.qemu.machine_history import find_series, load_history
from virtsmith.qemu.machines import upstream_version

pytestmark = pytest.mark.slow


def test_the_history_says_what_every_recording_says(corpus):
    history = load_history()
    checked = 0
    for path in sorted((corpus / "qmp-replies").glob("*.replies")):
        recording = load_recording(path)
        release = find_series(recording.binary.version, recording.binary.package)
        types = machines(recording).data
        if release:
            checked += 1
            known = history.at(release)
            assert {name for name in types if upstream_version(name)} == {n for n in known.names if upstream_version(n)}
            deprecated = {name for name, facts in types.items() if facts.get("deprecated") and upstream_version(name)}
            assert deprecated <= {name for name, flag in known.names.items() if flag}
            aliases = {facts["alias"]: name for name, facts in types.items() if facts.get("alias") in ("pc", "q35")}
            assert aliases.items() <= known.aliases.items()
    assert checked > 30


def test_every_domain_of_libvirts_tests_is_judged_without_a_crash(corpus):
    tests = corpus / "libvirt-11.3.0" / "tests"
    argv = [sys.executable, "-m", "virtsmith", "abi", "machines", tests, "--target", "all", "--json"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    data = json.loads(done.stdout)
    assert len(data["domains"]) > 2700
    assert {finding["rule"] for finding in data["findings"]} <= {
        f"ABI-VM-MACHINE-{name}" for name in ("REMOVED", "TOO-NEW", "UNKNOWN", "DEPRECATED", "ALIAS", "NOT-REPORTED")
    }
    assert all(finding["message"] and finding["file"] for finding in data["findings"])


def test_distributions_agree_with_the_releases_they_carry(corpus):
    """Every twentieth document, all targets: a target whose libvirt the facts know has just their verdict."""
    targets = Targets().all()
    counts = Counter()
    for path in sorted((corpus / "libvirt-11.3.0" / "tests").rglob("*.xml"))[::20]:
        try:
            acceptance, found = judge(path.read_bytes(), targets)
        except XMLError:
            continue
        for target in found:
            counts[target.fits] += 1
            if target.target.libvirt in acceptance.verdicts:
                assert target.schema is acceptance.verdicts[target.target.libvirt], (path, target.target.name)
            assert target.reasons or target.fits, (path, target.target.name)
    print(dict(counts))
    assert len(counts) == 3
