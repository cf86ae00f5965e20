"""Installs from a signed archive on loopback, through the command."""

import json
import random
import shutil
import signal
import subprocess
import sys
import time

import pytest

from virtsmith.errors import ExitCode

pytestmark = pytest.mark.slow


@pytest.fixture
def ark(tmp_path):
    return tmp_path / "ark"


@pytest.fixture
def source(filled, server):
    """The options that make the test archive the one to install from."""
    return ["--mirror", server.url, "--keyring", filled.keyring, "--trust", filled.fingerprint]


REQUEST = "qemu@debian:sid"


def test_an_installed_version_starts_with_its_own_files(virtsmith, source, ark):
    done = virtsmith("ark", "install", REQUEST, *source, "--json")
    assert done.returncode == 0, done.stderr
    (version,) = json.loads(done.stdout)["versions"]
    assert (version["version"], version["id"], version["origin"]) == ("9.8.7", "9.8+ds-1", "debian:sid")
    assert len(version["packages"]) == 13
    ran = virtsmith("ark", "run", "qemu@9.8", "--", "qemu-system-x86_64", "a b", "c")
    assert ran.stdout == "a b c\na note\n"
    assert (ark / "qemu/9.8+ds-1/root/usr/share/firmware").read_bytes() == b"new"
    assert virtsmith("ark", "verify").returncode == 0
    assert json.loads(virtsmith("ark", "list", "--json").stdout)["versions"][0]["version"] == "9.8.7"
    inside = virtsmith("ark", "run", "--inside", "qemu@9.8", "--", "/usr/bin/busybox", "cat", "/usr/share/note")
    assert inside.stdout == "a note\n"


def test_a_dry_run_changes_nothing(virtsmith, source, ark):
    done = virtsmith("ark", "install", "-n", REQUEST, *source, "--json")
    (plan,) = json.loads(done.stdout)["plans"]
    assert plan["missing"] == plan["packages"] == 13
    assert plan["download_bytes"] > 1_000_000
    assert not (ark / "qemu").exists()
    assert not (ark / ".ark/packages").exists()


def test_a_second_install_downloads_nothing_and_survives_a_dead_archive(virtsmith, source, server):
    virtsmith("ark", "install", REQUEST, *source)
    virtsmith("ark", "remove", "qemu@9.8")
    assert virtsmith("ark", "list").stdout == ""
    server.shutdown()
    server.server_close()
    again = virtsmith("ark", "install", REQUEST, *source, "--refresh")
    assert again.returncode == 0, again.stderr
    assert "using the cached copy" in again.stderr
    assert "9.8.7" in again.stdout


def test_clean_frees_what_no_version_uses(virtsmith, source, ark):
    virtsmith("ark", "install", REQUEST, *source)
    assert virtsmith("ark", "clean").stderr == "deleted 0 packages, 0.0 MB\n"
    virtsmith("ark", "remove", "qemu@9.8")
    assert "deleted 13 packages" in virtsmith("ark", "clean").stderr
    assert list((ark / ".ark/packages").iterdir()) == []


def test_a_day_of_the_snapshot_archive_can_be_installed_from(virtsmith, filled, source, server, monkeypatch):
    monkeypatch.setenv("VIRTSMITH_DEBIAN_SNAPSHOT", server.url)
    (filled.directory / "debian").mkdir()
    (filled.directory / "debian/20240101T000000Z").symlink_to(filled.directory)
    done = virtsmith("ark", "install", "qemu@debian:snapshot:20240101T000000Z/sid", *source[2:], "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["versions"][0]["origin"] == "debian:snapshot:20240101T000000Z/sid"


def test_changed_files_are_found_and_repaired(virtsmith, source, ark):
    virtsmith("ark", "install", REQUEST, *source)
    changed = ark / "qemu/9.8+ds-1/root/usr/share/note"
    changed.chmod(0o644)
    changed.write_bytes(b"tampered")
    (ark / "qemu/9.8+ds-1/root/usr/share/firmware").unlink()
    found = virtsmith("ark", "verify", "--json")
    assert found.returncode == ExitCode.FINDINGS
    assert {finding["rule"] for finding in json.loads(found.stdout)["findings"]} == {"ARK001", "ARK002"}
    assert virtsmith("ark", "install", "--again", REQUEST, *source).returncode == 0
    assert virtsmith("ark", "verify").returncode == 0


def test_a_moved_ark_is_found_out(virtsmith, source, ark, tmp_path):
    virtsmith("ark", "install", REQUEST, *source)
    ark.rename(tmp_path / "moved")
    found = virtsmith("ark", "--ark", tmp_path / "moved", "verify")
    assert "ARK003" in found.stdout
    assert "was moved here" in virtsmith("ark", "--ark", tmp_path / "moved", "doctor").stdout


def test_a_tampered_package_is_refused_and_nothing_is_installed(virtsmith, filled, source, ark):
    path = filled.directory / "pool/libone_1.2.deb"
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    done = virtsmith("ark", "install", REQUEST, *source)
    assert done.returncode == ExitCode.EXTERNAL
    assert "libone_1.2.deb: content has the SHA-256" in done.stderr
    assert list((ark / "qemu").iterdir()) == []
    assert list((ark / ".ark/tmp").iterdir()) == []


def test_a_package_that_was_replaced_in_the_archive_is_followed(virtsmith, filled, source):
    assert virtsmith("ark", "install", "-n", REQUEST, *source).returncode == 0  # the index is cached from now on
    (filled.directory / "pool/libone_1.2.deb").unlink()
    filled.add("libone", "1.3", {"usr/lib/one": b"newer"}, depends="libthree")
    filled.publish()
    done = virtsmith("ark", "install", REQUEST, *source, "--json")
    assert done.returncode == 0, done.stderr
    assert "the suite has changed" in done.stderr
    assert any(key.startswith("libone_1.3") for key in json.loads(done.stdout)["versions"][0]["packages"])


def test_a_shell_has_the_versions_first(virtsmith, source):
    virtsmith("ark", "install", REQUEST, *source)
    shown = virtsmith("ark", "shell", "qemu@9.8", input="qemu-img hello\nexit\n")
    assert shown.stdout == "hello\na note\n"
    assert virtsmith("ark", "env", "qemu@9.8").stdout.startswith("export PATH=")


def test_a_missing_package_is_named_and_others_stay_downloaded(virtsmith, filled, source, ark):
    (filled.directory / "pool/libone_1.2.deb").unlink()
    done = virtsmith("ark", "install", REQUEST, *source)
    assert done.returncode == ExitCode.EXTERNAL
    assert "libone_1.2.deb answered 404" in done.stderr
    assert len(list((ark / ".ark/packages").iterdir())) >= 3


@pytest.mark.parametrize("change", ["content", "unsigned", "other key", "index"])
def test_what_is_not_signed_by_a_trusted_key_is_refused(virtsmith, filled, source, ark, change):
    signed = filled.directory / "dists/sid/InRelease"
    text = signed.read_text()
    if change == "content":
        signed.write_text(text.replace("Suite: sid", "Suite: evil"))
    elif change == "unsigned":
        signed.write_text("Suite: sid\n")
    elif change == "other key":
        source = [*source[:-1], "0" * 40]
    else:
        index = next(filled.directory.glob("dists/sid/main/*/Packages.xz"))
        index.write_bytes(index.read_bytes() + b"\0\0\0\0")
    done = virtsmith("ark", "install", REQUEST, *source)
    reasons = {
        "content": "bad signature: the content was changed",
        "unsigned": "not a signed document",
        "other key": "which is not a trusted key",
        "index": "content has the SHA-256",
    }
    assert done.returncode == ExitCode.EXTERNAL
    assert reasons[change] in done.stderr
    assert not (ark / "qemu").exists()


def test_unknown_versions_name_the_nearest(virtsmith, source):
    done = virtsmith("ark", "install", "qemu@debian:sid", *source, "--refresh")
    assert done.returncode == 0
    gone = virtsmith("ark", "run", "qemu@3.1", "--", "qemu-img")
    assert (
        gone.stderr == "error: qemu@3.1 is not installed\nhint: installed are 9.8.7; virtsmith ark install qemu@3.1\n"
    )
    assert virtsmith("ark", "install", "qemu@debian:lenny", *source).returncode == ExitCode.USAGE
    assert virtsmith("ark", "install", "bochs@1").stderr.startswith("error: unknown application: 'bochs'\n")


def test_an_ark_where_programs_could_not_start_is_refused_at_once(virtsmith, source, tmp_path):
    done = virtsmith("ark", "--ark", tmp_path / "with blank", "install", REQUEST, *source)
    assert done.returncode == ExitCode.USAGE
    assert "an ark cannot be at" in done.stderr
    assert virtsmith("ark", "--ark", "/usr/local/ark", "list").returncode == ExitCode.USAGE


def start(*arguments):
    argv = [sys.executable, "-m", "virtsmith", *map(str, arguments)]
    return subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def test_two_installs_at_once_end_with_one_whole_version(virtsmith, source, ark):
    both = [start("ark", "install", REQUEST, *source) for _ in range(2)]
    for process in both:
        assert process.wait(60) == 0, process.stderr.read()
        process.stdout.close()
        process.stderr.close()
    assert virtsmith("ark", "verify").returncode == 0
    assert [path.name for path in (ark / "qemu").iterdir()] == ["9.8+ds-1"]


@pytest.mark.slow
def test_a_killed_install_leaves_a_working_ark(virtsmith, source, server, ark):
    server.handler.pause = 0.003
    chance = random.Random(20)
    complete = 0
    for _ in range(20):
        process = start("ark", "install", REQUEST, *source)
        time.sleep(chance.uniform(0.05, 0.9))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        listed = json.loads(virtsmith("ark", "list", "--json").stdout)["versions"]
        assert virtsmith("ark", "verify").returncode == 0
        if listed:
            complete += 1
            assert virtsmith("ark", "run", "qemu@9.8", "--", "qemu-img", "x").stdout == "x\na note\n"
            virtsmith("ark", "remove", "qemu@9.8")
            virtsmith("ark", "clean")
    assert virtsmith("ark", "install", REQUEST, *source).returncode == 0
    assert list((ark / ".ark/tmp").iterdir()) == []
    assert complete < 20, "no kill came early enough to mean anything"


@pytest.mark.real
def test_a_full_disk_is_said_and_nothing_is_half_installed(virtsmith, source, tmp_path):
    small = tmp_path / "small"
    small.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], check=False, capture_output=True
    ).returncode:
        pytest.skip("a small file system can only be mounted as root")
    try:
        done = virtsmith("ark", "--ark", small, "install", REQUEST, *source)
        assert done.returncode == ExitCode.EXTERNAL
        assert "no space in" in done.stderr or "no space left" in done.stderr
        assert not list(small.glob("qemu/*"))
    finally:
        subprocess.run(["umount", small], check=True)


@pytest.mark.real
def test_without_namespaces_a_launcher_says_so(virtsmith, source, ark):
    virtsmith("ark", "install", REQUEST, *source)
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        pytest.skip("setpriv is not here")
    # a root without capabilities may neither mount nor map itself
    argv = [setpriv, "--bounding-set=-all", "--inh-caps=-all", ark / "qemu/9.8+ds-1/bin/qemu-img", "x"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        pytest.skip("this machine lets everybody make namespaces")
    assert done.returncode == 125
    assert "error: cannot start /usr/bin/qemu-img: this machine allows no user namespaces\nhint: " in done.stderr
