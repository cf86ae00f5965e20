"""Real versions from Debian's archive: one QEMU and one libvirt by default, all with VIRTSMITH_ARK_TESTS=full."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from helpers.suite_ark import private_ark
from helpers.surroundings import suite_ark

from virtsmith.ark.archive import mirror
from virtsmith.ark.archive.debversion import version_key
from virtsmith.ark.archive.mirror import Mirror
from virtsmith.ark.archive.resolve import resolve
from virtsmith.ark.archive.suites import find_suite
from virtsmith.errors import ExternalError

FULL = os.environ.get("VIRTSMITH_ARK_TESTS") == "full"
QEMUS = {"5.2": "5.2.", "7.2": "7.2.", "10.0": "10.0.", "11": "11."} if FULL else {"7.2": "7.2."}
LIBVIRTS = {"7.0": "7.0.0", "9.0": "9.0.0", "11.3": "11.3.0", "12": "12."} if FULL else {"9.0": "9.0.0"}
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--inh-caps=-all"]
DOMAIN = """<domain type='qemu'><name>small</name><memory unit='MiB'>64</memory><vcpu>1</vcpu>
<os><type arch='x86_64' machine='pc'>hvm</type></os><features><acpi/></features>
<devices><serial type='null'/><memballoon model='virtio'/></devices></domain>"""

pytestmark = [pytest.mark.real, pytest.mark.slow]


@pytest.fixture(scope="session")
def ark():
    """An ark with these versions alone; other users can read it."""
    with private_ark(*(f"qemu@{v}" for v in QEMUS), *(f"libvirt@{v}" for v in LIBVIRTS)) as place:
        yield place


def virtsmith(ark, *arguments, prefix=(), python=sys.executable, **environment):
    argv = [*prefix, python, "-m", "virtsmith", "ark", *map(str, arguments)]
    variables = {**os.environ, "VIRTSMITH_ARK": str(ark), **environment}
    return subprocess.run(argv, capture_output=True, text=True, check=False, env=variables, cwd="/", timeout=900)


@pytest.fixture
def home(tmp_path, monkeypatch):
    for kind in ("STATE", "CACHE"):
        monkeypatch.setenv(f"XDG_{kind}_HOME", str(tmp_path / kind))
    return tmp_path


@pytest.fixture
def as_nobody(tmp_path_factory):
    """The start of a command line, and an environment, for an ordinary user."""
    if os.getuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("only root with setpriv can become somebody else")
    directory = Path(tempfile.mkdtemp(prefix="virtsmith-nobody-"))
    os.chown(directory, 65534, 65534)
    own = {"XDG_STATE_HOME": f"{directory}/state", "XDG_CACHE_HOME": f"{directory}/cache"}
    yield NOBODY, {"HOME": str(directory), **own}
    shutil.rmtree(directory, ignore_errors=True)


def test_every_version_prints_its_own(ark, home):
    for app, versions, program in (("qemu", QEMUS, "qemu-system-x86_64"), ("libvirt", LIBVIRTS, "libvirtd")):
        for release, expected in versions.items():
            shown = virtsmith(ark, "run", f"{app}@{release}", "--", program, "--version")
            assert shown.returncode == 0, shown.stderr
            assert expected in shown.stdout
    assert virtsmith(ark, "verify").returncode == 0


def test_an_ordinary_user_can_run_every_version(ark, as_nobody):
    prefix, home = as_nobody
    environment = {**os.environ, **home}
    for app, versions, program in (("qemu", QEMUS, "qemu-system-x86_64"), ("libvirt", LIBVIRTS, "virsh")):
        for record in (ark / app).glob("*/version.json"):
            launcher = record.parent / "bin" / program
            shown = subprocess.run(
                [*prefix, launcher, "--version"], capture_output=True, text=True, env=environment, check=True
            )
            assert any(expected in shown.stdout for expected in versions.values())
            if app == "qemu":  # a machine really starts and ends
                machine = [*prefix, launcher, "-M", "pc", "-S", "-display", "none", "-monitor", "stdio"]
                ran = subprocess.run(
                    machine, input="info status\nquit\n", capture_output=True, text=True, env=environment, check=True
                )
                assert "VM status: paused" in ran.stdout
            else:
                listed = [*prefix, launcher, "-q", "-c", "test:///default", "list", "--name"]
                ran = subprocess.run(listed, capture_output=True, text=True, env=environment, check=True)
                assert ran.stdout.split() == ["test"]


def test_a_guest_starts_without_a_daemon(ark, home):
    if os.getuid() != 0:
        pytest.skip("embedded drivers start guests for root only")
    with tempfile.TemporaryDirectory(prefix="r") as root:  # a short path: sockets are made below it
        Path(root, "x.xml").write_text(DOMAIN)
        Path(root, "etc").mkdir()
        Path(root, "etc/qemu.conf").write_text('stdio_handler = "file"\nuser = "root"\ngroup = "root"\n')
        commands = f"define {root}/x.xml; start small; domstate small; destroy small"
        uri = f"qemu:///embed?root={root}"
        done = virtsmith(ark, "run", "libvirt@9.0", "qemu@7.2", "--", "virsh", "-q", "-c", uri, commands)
    assert done.returncode == 0, done.stderr
    assert "running" in done.stdout


def test_daemons_run_side_by_side_and_are_forgotten(ark, home):
    names = []
    for number, release in enumerate([*LIBVIRTS, *LIBVIRTS][:3] if len(LIBVIRTS) > 1 else ["9.0", "9.0"]):
        name = f"d{number}"
        done = virtsmith(ark, "daemon", f"libvirt@{release}", "--qemu", "7.2", "start", "--name", name, "--json")
        assert done.returncode == 0, done.stderr
        (state,) = json.loads(done.stdout)["daemons"]
        assert state["running"]
        names.append(state["name"])
    assert [d["running"] for d in json.loads(virtsmith(ark, "daemon", "status", "--json").stdout)["daemons"]] == [
        True
    ] * len(names)
    for name in names:
        assert virtsmith(ark, "daemon", "--name", name, "forget").returncode == 2
        assert virtsmith(ark, "daemon", "--name", name, "stop").returncode == 0
        assert virtsmith(ark, "daemon", "--name", name, "forget").returncode == 0
    assert json.loads(virtsmith(ark, "daemon", "status", "--json").stdout)["daemons"] == []


def test_a_daemon_that_cannot_come_up_says_why(ark, home):
    broken = home / "STATE/virtsmith/ark/daemons/broken"
    assert virtsmith(ark, "daemon", "libvirt@9.0", "start", "--name", "broken").returncode == 0
    assert virtsmith(ark, "daemon", "--name", "broken", "stop").returncode == 0
    shutil.rmtree(broken / "run/libvirt")
    (broken / "run/libvirt").write_text("in the way")
    done = virtsmith(ark, "daemon", "libvirt@9.0", "start", "--name", "broken")
    assert done.returncode in (3, 5), done.stderr
    assert done.stderr.startswith("error: ")


REFUSED = {("11.3.0", "5.2.0"): ">= 6.2.0 is required", ("12.", "5.2.0"): ">= 7.2.0 is required"}
FAILED = {
    ("7.0.0", "10.0."): ("save", "'inc' is unexpected"), ("7.0.0", "11."): ("save", "'inc' is unexpected"),
    ("9.0.0", "11."): ("save", "'detach' is unexpected"), ("11.3.0", "11."): ("restore", "migration to a file"),
}  # fmt: skip


def expected_of(libvirt, qemu):
    for table in (REFUSED, FAILED):
        for (item, other), expected in table.items():
            if libvirt.startswith(f"libvirt@{item}") and qemu.startswith(f"qemu@{other}"):
                return (
                    ("capabilities", "refused", expected) if table is REFUSED else (expected[0], "failed", expected[1])
                )
    return "destroy", "ok", ""


def judge(shown):
    cells = json.loads(shown.stdout)["cells"]
    assert len(cells) == len(QEMUS) * len(LIBVIRTS)
    for cell in cells:
        step, result, reason = expected_of(cell["libvirt"], cell["qemu"])
        decisive = next((s for s in cell["steps"] if s["result"] != "ok"), cell["steps"][-1])
        assert (decisive["name"], decisive["result"]) == (step, result), cell
        assert reason in decisive["reason"], cell


def test_the_matrix_finds_what_really_fails_and_why(ark, home):
    (home / "x.xml").write_text(DOMAIN)
    first = virtsmith(ark, "check", home / "x.xml", "--format", "json")
    assert first.returncode == (1 if FULL else 0), first.stderr
    judge(first)
    again = virtsmith(ark, "check", home / "x.xml", "--format", "json")
    assert again.stdout == first.stdout, "a remembered matrix is the same"
    junit = virtsmith(ark, "check", home / "x.xml", "--format", "junit")
    assert f'tests="{7 * len(QEMUS) * len(LIBVIRTS)}"' in junit.stdout
    assert not list((home / "STATE/virtsmith/ark/check").iterdir())


def test_an_ordinary_user_gets_the_same_matrix(ark, as_nobody, home):
    prefix, environment = as_nobody
    packages = next(path for path in sys.path if path.endswith("site-packages"))
    root = Path(__file__).parents[2]
    environment = {
        **environment,
        "PYTHONPATH": f"{root / 'src'}:{root / 'library/src'}:{packages}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    python = "/usr/bin/python3"
    domain = Path(environment["HOME"], "x.xml")
    domain.write_text(DOMAIN)
    probe = virtsmith(ark, "list", prefix=prefix, python=python, **environment)
    if probe.returncode:
        pytest.skip(f"an ordinary user cannot run this Python: {probe.stderr.strip()[-200:]}")
    judge(virtsmith(ark, "check", domain, "--format", "json", prefix=prefix, python=python, **environment))


def test_a_domain_that_libvirt_does_not_know_is_refused_with_its_reason(ark, home):
    (home / "x.xml").write_text(DOMAIN.replace("<vcpu>1", "<surprise/><vcpu>1"))
    done = virtsmith(ark, "check", home / "x.xml", "--libvirt", "9.0", "--qemu", "7.2", "--format", "json")
    assert done.returncode == 1
    (cell,) = json.loads(done.stdout)["cells"]
    assert cell["result"] == "refused"
    assert [step["result"] for step in cell["steps"]] == ["ok", "refused", *["not-reached"] * 5]
    assert "surprise" in cell["steps"][1]["reason"]


def test_a_program_is_built_against_a_libvirt_of_the_ark(ark, home):
    if not shutil.which("cc") or not shutil.which("pkg-config"):
        pytest.skip("cc and pkg-config are needed")
    program = """#include <libvirt/libvirt.h>
    #include <stdio.h>
    int main(void)
    { unsigned long v; return virGetVersion(&v, 0, 0) || printf("%lu %d", v, LIBVIR_VERSION_NUMBER) < 1; }
    """
    (home / "a.c").write_text(program)
    variables = json.loads(virtsmith(ark, "env", "libvirt@9.0", "--json").stdout)["variables"]
    flags = subprocess.run(
        ["pkg-config", "--cflags", "--libs", "libvirt"],
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    # the libraries that libvirt itself needs are those of its own tree, found when the program runs there
    linked = ["cc", home / "a.c", "-o", home / "a", *flags, "-Wl,--unresolved-symbols=ignore-in-shared-libs"]
    subprocess.run(linked, check=True, capture_output=True)
    ran = virtsmith(ark, "run", "--inside", "libvirt@9.0", "--", home / "a")
    assert ran.stdout == "9000000 9000000", ran.stderr


PLUGIN_TEST = """
def test_guest(ark_libvirtd, ark_qemu, tmp_path):
    (tmp_path / "x.xml").write_text({domain!r})
    ark_libvirtd.virsh("define", str(tmp_path / "x.xml"))
    ark_libvirtd.virsh("start", "small")
    assert ark_libvirtd.virsh("domstate", "small").strip() == "running"
    print("ran on", ark_libvirtd.libvirt.version, ark_qemu.version, ark_libvirtd.uri)
"""


def test_the_pytest_plugin_gives_running_daemons(ark, home):
    (home / "t").mkdir()
    (home / "t/test_it.py").write_text(PLUGIN_TEST.format(domain=DOMAIN))
    argv = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-s",
        "-p",
        "no:cacheprovider",
        "--ark",
        ark,
        "--ark-qemu",
        "7.2",
        "--ark-libvirt",
        "min,max",
        home / "t",
    ]
    shown = subprocess.run(argv, capture_output=True, text=True, check=False, cwd=home / "t")
    assert shown.returncode == 0, shown.stdout
    assert shown.stdout.count("ran on") == min(2, len(LIBVIRTS))


def test_a_qemu_that_crashes_fails_its_cell_only(ark, home, tmp_path):
    """A version whose emulator dies on every question, beside one that works."""
    copy = tmp_path / "ark"
    (copy / "libvirt").mkdir(parents=True)
    (copy / "qemu/0.1").mkdir(parents=True)
    for record in (ark / "libvirt").glob("9.0*"):
        (copy / "libvirt" / record.name).symlink_to(record)
    for record in (ark / "qemu").glob("7.2*"):
        (copy / "qemu" / record.name).symlink_to(record)
    (copy / "qemu/0.1/bin").mkdir()
    program = copy / "qemu/0.1/bin/qemu-system-x86_64"
    program.write_text(f"#!{ark}/.ark/tools/busybox sh\necho assertion failed >&2\nkill -ABRT $$\n")
    program.chmod(0o755)
    data = json.loads(next((ark / "qemu").glob("7.2*/version.json")).read_text())
    data.update(id="0.1", version="0.1.0", packages=[], program_sha256="")
    (copy / "qemu/0.1/version.json").write_text(json.dumps(data))
    (home / "x.xml").write_text(DOMAIN)
    done = virtsmith(copy, "check", home / "x.xml", "--libvirt", "9.0", "--format", "json")
    cells = {cell["qemu"]: cell for cell in json.loads(done.stdout)["cells"]}
    assert cells["qemu@0.1.0"]["result"] == "refused"
    assert "assertion failed" in json.dumps(cells["qemu@0.1.0"]["steps"][0])
    assert [cell["result"] for name, cell in cells.items() if name.startswith("qemu@7.2")] == ["ok"]


@pytest.mark.skipif(
    not FULL or not shutil.which("apt-get"), reason="needs apt-get, and an index of its own: make test-ark"
)
@pytest.mark.parametrize(
    "names", [["qemu-system-x86", "qemu-utils"], ["libvirt-daemon", "libvirt-clients", "libvirt-dev"]]
)
def test_closures_are_the_ones_that_apt_finds(archive, tmp_path, names):
    (security, base) = reversed(find_suite("bookworm").tiers[0])
    signed = "[signed-by=/usr/share/keyrings/debian-archive-keyring.gpg]"
    lines = [f"deb {signed} {layer.base} {layer.name} main" for layer in (base, security)]
    (tmp_path / "sources.list").write_text("\n".join(lines) + "\n")
    (tmp_path / "status").touch()
    for directory in ("lists/partial", "cache/archives/partial"):
        (tmp_path / directory).mkdir(parents=True)
    settings = {
        "Dir::State::Lists": tmp_path / "lists",
        "Dir::State::status": tmp_path / "status",
        "Dir::Cache": tmp_path / "cache",
        "Dir::Etc::SourceList": tmp_path / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "APT::Install-Recommends": 0,
        "APT::Sandbox::User": "root",
    }
    apt = ["apt-get", "-qq", *(word for name, value in settings.items() for word in ("-o", f"{name}={value}"))]
    subprocess.run([*apt, "update"], check=True)
    said = subprocess.run([*apt, "--print-uris", "install", *names], check=True, capture_output=True, text=True).stdout
    theirs = dict(word.split("_")[:2] for word in re.findall(r"^'[^']*' (\S+)", said, re.MULTILINE))
    tiers = Mirror(suite_ark() / ".ark/indexes").load(find_suite("bookworm"))
    ours = resolve([max(tiers[0].find(name), key=lambda p: version_key(p.version)) for name in names], tiers)
    assert {package.name: package.version.replace(":", "%3a") for package in ours} == theirs


def test_a_host_without_the_archives_keys_takes_them_from_the_archive(archive, tmp_path, monkeypatch):
    """The recorded fingerprints make fetched keys as good as installed ones; other fingerprints trust nothing."""
    monkeypatch.setattr(mirror, "host_keyrings", lambda _names: [])
    suite = find_suite("forky")
    (index,) = Mirror(tmp_path / "a").load(suite)
    assert index.find("qemu-system-x86")
    assert (tmp_path / "a/debian-keyring.gpg").exists()
    with pytest.raises(ExternalError, match=r"not a trusted key|no keyring"):
        Mirror(tmp_path / "b", fingerprints=frozenset({"0" * 40})).load(suite)
