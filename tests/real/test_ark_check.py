"""Realistic domains under real pairs of versions: what is judged is the versions, and never the machine.

By default a few of them with one pair; all of them with four pairs if VIRTSMITH_ARK_TESTS is ``full``.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.suite_ark import private_ark

from virtsmith.ark.check.domain import CheckedDomain
from virtsmith.ark.check.steps import StepResult

FULL = os.environ.get("VIRTSMITH_ARK_TESTS") == "full"
DOMAINS = Path(__file__).with_name("domains")
PARTS = ("--with", "firmware", "--with", "tpm", "--with", "virtiofs", "--with", "modules")
TARGETS = ("x86_64", "aarch64", "ppc64", "s390x")
OLD, NEW = "libvirt@9.0/qemu@7.2", "libvirt@12.8/qemu@11.1"
DETACH = ("save", "failed", "'detach' is unexpected")
"""What becomes of every guest that starts on libvirt 9.0 with QEMU 11.1."""
REASONS = {
    "direct-kernel": {("9.0", ""): ("define", "refused", "model='itco' is in libvirt's schema only since 9.8.0")},
    "gpu-assignment": {("", ""): ("save", "failed", "'peer mode' in device 'ivshmem'")},
    "new-features": {
        ("9.0", ""): ("define", "refused", "tpm/backend/profile is in libvirt's schema only since 11.3.0"),
        ("12.8", "7.2"): ("define", "refused", "does not support machine type 'pc-q35-9.1'"),
    },
    "old-server": {
        ("", "7.2"): ("save", "failed", "vmdk format"),
        ("", "11.1"): ("define", "refused", "does not support machine type 'pc-i440fx-2.11'"),
    },
    "virtiofs": {
        ("", "7.2"): ("save", "failed", "non-migratable device"),
        ("9.0", "11.1"): ("save", "failed", "migration with virtiofs device is not supported"),
    },
}
"""The true reasons, by the beginnings of the versions, as libvirt and QEMU word them."""

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="module")
def ark():
    """An ark with old and new versions, as complete as the domains need them where all are tried."""
    with private_ark("libvirt@9.0", "libvirt@12.8", "qemu@7.2", "qemu@11.1") as place:
        if FULL:
            versions = ("libvirt@9.0", "libvirt@12.8", "qemu@7.2", "qemu@11.1")
            targets = [word for target in TARGETS for word in ("--target", target)]
            run(place, "install", *versions, *PARTS, *targets)
        yield place


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    for kind in ("STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    return tmp_path


def run(ark, *words):
    argv = [sys.executable, "-m", "virtsmith", "ark", *map(str, words)]
    environment = {**os.environ, "VIRTSMITH_ARK": str(ark)}
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=environment, timeout=1800)


def check(ark, domain, *words):
    done = run(ark, "check", DOMAINS / f"{domain}.xml", "--json", *words)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)["cells"]


def decisive(cell):
    return next((step for step in cell["steps"] if step["result"] != "ok"), cell["steps"][-1])


def expected(domain, cell):
    libvirt, qemu = (cell[app].rpartition("@")[2] for app in ("libvirt", "qemu"))
    for (libvirts, qemus), reason in REASONS.get(domain, {}).items():
        if libvirt.startswith(libvirts) and qemu.startswith(qemus):
            return reason
    return DETACH if (libvirt[:3], qemu[:4]) == ("9.0", "11.1") else ("destroy", "ok", "")


@pytest.mark.skipif(not FULL, reason="16 domains with four pairs take a quarter of an hour: make test-ark")
@pytest.mark.parametrize("domain", sorted(path.stem for path in DOMAINS.glob("*.xml")))
def test_every_cell_is_decided_by_the_versions(domain, ark):
    cells = check(ark, domain)
    assert len(cells) == 4
    for cell in cells:
        step = decisive(cell)
        name, result, words = expected(domain, cell)
        assert (step["name"], step["result"]) == (name, result), (cell["libvirt"], cell["qemu"], step)
        assert words in step["reason"]


def test_a_desktop_starts_without_its_disk_network_and_host_processor(ark):
    (cell,) = check(ark, "nova-rbd", "--libvirt", "9.0", "--qemu", "7.2", "--accel", "tcg")
    assert cell["result"] == "ok", decisive(cell)
    assert "disk vda: an empty raw image instead of rbd volumes/volume-6a2b" in cell["stand_ins"]
    assert "interface 0: user networking instead of ethernet" in cell["stand_ins"]
    assert "virtio-blk-pci" in " ".join(cell["command_line"])


@pytest.mark.skipif(FULL, reason="the ark has everything that domains need")
def test_what_is_missing_here_is_called_so_with_its_remedy(ark):
    domain, words = "tpm", ("--libvirt", "9.0", "--qemu", "7.2", "--accel", "tcg", "--until", "native")
    (cell,) = check(ark, domain, *words)
    step = decisive(cell)
    assert (step["name"], step["result"]) == ("define", "environment")
    assert "virtsmith ark install libvirt@9.0.0 --with tpm" in step["reason"]
    (cell,) = check(ark, "s390x", *words)
    assert decisive(cell)["result"] == "environment"
    assert "virtsmith ark install qemu@7.2.22 --target s390x" in decisive(cell)["reason"]


def test_as_it_is_a_domain_needs_its_disk_and_what_was_missing_is_not_remembered(ark, home):
    image = home / "disk.img"
    disk = f"<disk type='file'><source file='{image}'/><target dev='vda' bus='virtio'/></disk>"
    (home / "x.xml").write_text(
        "<domain type='qemu'><name>plain</name><memory unit='MiB'>64</memory><os><type>hvm</type></os>"
        f"<devices>{disk}<memballoon model='none'/></devices></domain>"
    )
    words = ("check", home / "x.xml", "--libvirt", "9.0", "--qemu", "7.2", "--until", "start", "--as-is", "--json")
    without = run(ark, *words)
    assert without.returncode == 1
    assert "No such file" in decisive(json.loads(without.stdout)["cells"][0])["reason"]
    image.write_bytes(bytes(1 << 20))
    assert run(ark, *words).returncode == 0


def test_a_guest_that_migrates_really_runs_under_the_other_qemu(ark, home):
    """The document names the emulator of its distribution, which each daemon has in its own version."""
    document = home / "x.xml"
    document.write_text(
        "<domain type='kvm'><name>stock</name><memory unit='MiB'>64</memory><os><type machine='pc-q35-5.2'>hvm</type>"
        "</os><features><acpi/></features><devices><emulator>/usr/libexec/qemu-kvm</emulator></devices></domain>"
    )
    ways = [] if FULL else ["--way", "p2p", "--way", "save"]
    done = run(
        ark, "migrate", document, "--from", OLD, "--to", NEW, *ways, *(["--both-ways"] if FULL else []), "--json"
    )
    assert done.returncode == 0, done.stdout
    passages = json.loads(done.stdout)["passages"]
    assert len(passages) == (8 if FULL else 2)
    assert [passage["arrived_in"][:4] for passage in passages[: len(ways) // 2 or 4]] == ["11.1"] * (
        len(ways) // 2 or 4
    )
    assert {passage["left_from"][:3] for passage in passages[: len(ways) // 2 or 4]} == {"7.2"}


def test_the_domains_of_the_tests_are_of_many_kinds():
    found = [CheckedDomain.parse(path.read_bytes(), path.name) for path in DOMAINS.glob("*.xml")]
    assert len(found) == 16
    assert {domain.target for domain in found} == set(TARGETS)
    assert StepResult.ENVIRONMENT.is_verdict is False
