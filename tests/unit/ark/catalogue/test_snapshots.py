"""Releases that an archive once had: the table, what it is derived from, and installs through the service's layout."""

import http.server
import json
import threading
import urllib.parse
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.ark_archive import BUSYBOX, Archive, Handler, Signer, program
from libvirtxml.versions import Version

from virtsmith.ark.archive.debversion import upstream_of
from virtsmith.ark.catalogue.how import How, count_ways, find_ways
from virtsmith.ark.catalogue.refresh import OLDEST
from virtsmith.ark.catalogue.snapshots import choose_snapshots, find_snapshots, parse_changelog
from virtsmith.ark.catalogue.table import Release, ReleaseCatalogue
from virtsmith.ark.catalogue.targets import Target
from virtsmith.errors import ExitCode

CHANGELOG = """\
qemu (1:3.2+dfsg-1) unstable; urgency=medium

  * new release
 -- A B <a@b>  Sat, 10 Jun 2023 10:00:00 +0200

qemu (1:3.1+dfsg-3) unstable; urgency=medium

  * a correction, an hour before the next release
 -- A B <a@b>  Sat, 10 Jun 2023 09:00:00 +0200

qemu (1:3.1+dfsg-2) unstable; urgency=medium

  * stayed a week
 -- A B <a@b>  Sat, 03 Jun 2023 09:00:00 +0200

qemu (1:3.1+dfsg-1) unstable; urgency=medium
 -- A B <a@b>  Thu, 01 Jun 2023 09:00:00 +0000

qemu (1:3.1~rc2+dfsg-1) experimental; urgency=medium
 -- A B <a@b>  Mon, 01 May 2023 09:00:00 +0000

qemu (1:3.0+dfsg-1+deb12u1) bookworm; urgency=medium
 -- A B <a@b>  Mon, 03 Apr 2023 09:00:00 +0000

qemu (1:3.0+dfsg-1) experimental; urgency=medium
 -- A B <a@b>  Sun, 01 Jan 2023 09:00:00 +0000

qemu (0.9-1) unstable; urgency=medium
 -- A B <a@b>  Sat, 01 Jan 2022 09:00:00 +0000

qemu (0.8-1) unstable; urgency=medium
 -- A B <a@b>  not a date
"""


def test_a_release_is_looked_up_when_its_last_lasting_package_was_there():
    found = choose_snapshots("qemu", "debian", parse_changelog(CHANGELOG), Version.parse("1.4"))
    assert [(item.package, item.suite, item.stamp) for item in found] == [
        ("1:3.0+dfsg-1", "experimental", "20230115T090000Z"),  # two weeks later: nothing replaced it for months
        ("1:3.1+dfsg-2", "sid", "20230610T070000Z"),
    ]


@pytest.mark.parametrize("app", ["libvirt", "qemu"])
def test_the_shipped_table_has_one_moment_for_each_of_many_known_releases(app):
    found, catalogue = find_snapshots(app), ReleaseCatalogue()
    assert len(found) == {"libvirt": 110, "qemu": 67}[app]
    assert len({item.upstream for item in found}) == len(found)
    assert all(catalogue.find(app, item.upstream) for item in found)
    for item in found:
        released = catalogue.find(app, item.upstream).date
        assert item.stamp[:8] >= released.replace("-", ""), item
        assert Version.parse(upstream_of(item.package)) >= OLDEST[app]


@contextmanager
def snapshot_service(runs):
    """A server with the layout of the snapshot service: ``archive/POOL/STAMP/...``, each stamp leading to a run.

    As the service does, it redirects a moment between two runs to the earlier one.
    """

    class Service(Handler):
        def send_head(self):
            _, archive, pool, stamp, *rest = urllib.parse.unquote(self.path).split("/")
            earlier = [run for run in sorted(runs) if run <= stamp]
            if archive != "archive" or pool != "debian" or not earlier:
                return self.send_error(404)
            if stamp != earlier[-1]:
                self.send_response(302)
                self.send_header("Location", "/".join(["", "archive", pool, earlier[-1], *rest]))
                self.end_headers()
                return None
            self.directory = str(runs[stamp])
            self.path = "/" + urllib.parse.quote("/".join(rest))
            return http.server.SimpleHTTPRequestHandler.send_head(self)

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/archive"
        server.shutdown()


def fill(directory, signer, version, says):
    archive = Archive(directory, signer)
    archive.add("busybox-static", "1:1.36", {"usr/bin/busybox": Path(BUSYBOX).read_bytes()})
    text = program(f'echo "QEMU emulator version {says} (test)"')
    archive.add("qemu-system-x86", version, {"usr/bin/qemu-system-x86_64": text})
    return archive.publish()


@pytest.fixture
def service(tmp_path, signer, server, monkeypatch):
    """Two runs of the service, with the packages that the shipped table names for QEMU 6.2 and 5.0."""
    if BUSYBOX is None:
        pytest.skip("busybox (static) is needed: apt-get install busybox-static")
    known = {item.upstream: item for item in find_snapshots("qemu")}
    runs = {}
    for release in ("5.0", "6.2"):
        item = known[release]
        run = item.stamp[:8] + "T000000Z"
        assert run < item.stamp
        runs[run] = fill(tmp_path / release, signer, item.package, f"{release}.0").directory
    with snapshot_service(runs) as address:
        monkeypatch.setenv("VIRTSMITH_DEBIAN_SNAPSHOT", address)
        yield ["--mirror", server.url, "--keyring", signer.keyring, "--trust", signer.fingerprint]


def test_a_version_that_no_suite_has_comes_from_the_moment_that_had_it(virtsmith, service):
    done = virtsmith("ark", "install", "qemu@6.2", *service, "--json")
    assert done.returncode == 0, done.stderr
    (version,) = json.loads(done.stdout)["versions"]
    item = next(item for item in find_snapshots("qemu") if item.upstream == "6.2")
    assert version["version"] == "6.2.0"
    assert version["origin"] == item.origin
    ran = virtsmith("ark", "run", "qemu@6.2", "--", "qemu-system-x86_64", "--version")
    assert "6.2.0" in ran.stdout


def test_a_range_has_what_the_history_has_as_far_as_it_can_be_reached(virtsmith, service, monkeypatch):
    done = virtsmith("ark", "install", "-n", "qemu@5.0", *service, "--json")
    assert [plan["id"] for plan in json.loads(done.stdout)["plans"]] == [
        next(item.package for item in find_snapshots("qemu") if item.upstream == "5.0").partition(":")[2]
    ]
    monkeypatch.setenv("VIRTSMITH_DEBIAN_SNAPSHOT", "http://127.0.0.1:9")
    gone = virtsmith("ark", "install", "-n", "qemu@4.2", *service)
    assert gone.returncode == ExitCode.EXTERNAL
    assert "127.0.0.1:9/debian/20200" in gone.stderr


def test_keys_of_their_time_have_expired_since_and_are_still_trusted(virtsmith, service, tmp_path, monkeypatch):
    """The archive's recorded keys of the past are in the keyring of removed keys; each has expired."""
    home = tmp_path / "g"
    home.mkdir(mode=0o700)
    old = Expired(home)
    item = next(item for item in find_snapshots("qemu") if item.upstream == "4.2")
    directory = fill(tmp_path / "4.2", old, item.package, "4.2.0").directory
    with snapshot_service({item.stamp: directory}) as address:
        monkeypatch.setenv("VIRTSMITH_DEBIAN_SNAPSHOT", address)
        mirror = service[:2]
        done = virtsmith(
            "ark", "install", "qemu@4.2", *mirror, "--keyring", old.keyring, "--trust", old.fingerprint, "--json"
        )
        assert done.returncode == 0, done.stderr
        refused = virtsmith("ark", "install", "qemu@4.2", "--again", *service, "--refresh")
        assert refused.returncode == ExitCode.EXTERNAL


class Expired(Signer):
    """A key that was made and used in January 2019, and has expired a month later."""

    def __init__(self, home):
        self.home = home
        batch = (
            "%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\nName-Real: Old Archive\n"
            "Creation-Date: 20190101T000000\nExpire-Date: 20190201T000000\n%commit\n"
        )
        self.gpg("--batch", "--gen-key", stdin=batch.encode())
        listed = self.gpg("--with-colons", "--list-keys").decode()
        self.fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
        self.keyring = home / "keyring.gpg"
        self.keyring.write_bytes(self.gpg("--export"))

    def gpg(self, *arguments, stdin=b""):
        return super().gpg("--faked-system-time", "20190102T000000!", *arguments, stdin=stdin)


def test_the_readme_counts_how_releases_can_be_had():
    ways = count_ways(find_ways(ReleaseCatalogue().releases()))
    text = " ".join((Path(__file__).parents[4] / "README.md").read_text().split())
    qemu, libvirt = ways["qemu"], ways["libvirt"]
    assert not qemu[How.PROVEN] + libvirt[How.PROVEN] + qemu[How.NONE] + libvirt[How.NONE]
    assert f"Of QEMU the catalogue has {qemu.total()} versions: {qemu[How.SUITE]} are in a suite" in text
    assert f"{qemu[How.SNAPSHOT]} in the history of Debian's archive" in text
    assert f"{qemu[How.UNPROVEN]} must be built from source" in text
    numbers = f"{libvirt[How.SUITE]}, {libvirt[How.SNAPSHOT]} and {libvirt[How.UNPROVEN]}."
    assert f"Of libvirt it has {libvirt.total()} versions: {numbers}" in text


def test_a_build_is_proven_only_by_a_test_that_builds_that_release():
    root = Path(__file__).parents[4]
    proven = [release for release in ReleaseCatalogue().releases() if release.state == "ok"]
    assert proven
    for release in proven:
        test = root / release.note.removeprefix("built and run by ")
        assert f'VERSION = "{release.version}"' in test.read_text()
        assert release.app in test.read_text()


def test_what_is_in_a_suite_is_taken_from_there_and_what_cannot_be_built_is_said():
    target = Target("debian", "12", "bookworm", libvirt="9.0.0", qemu="7.2")
    rows = [("qemu", "7.2.0", ""), ("qemu", "6.2.0", ""), ("qemu", "2.3.1", "broken"), ("qemu", "2.3.1", "ok")]
    releases = [Release(app, version, url="https://x/", state=state) for app, version, state in rows]
    assert [how.value for _, how in find_ways(releases, [target])] == ["suite", "snapshot", "none", "build (proven)"]
