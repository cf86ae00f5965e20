"""Source packages by the real rpmbuild, from sources on a loopback server; contents checked with rpm."""

import hashlib
import io
import lzma
import shutil
import subprocess
import tarfile

import pytest

from virtsmith.ark.catalogue.table import Release, ReleaseCatalogue, parse_table
from virtsmith.ark.packaging.patches import find_patches
from virtsmith.ark.packaging.spec import package_name, render_spec
from virtsmith.errors import ExitCode, InputError, UsageError

RELEASES = [
    "qemu@1.4.0",
    "qemu@2.6.0",
    "qemu@7.2.0",
    "libvirt@1.2.0",
    "libvirt@1.3.0",
    "libvirt@6.0.0",
    "libvirt@12.8.0",
]
PATCH = "Subject: build\nArk-Versions: 1.4.0..2.6.0\n\n--- a/hello\n+++ b/hello\n@@ -1 +1 @@\n-one\n+two\n"


def source_archive(app, version, files=None):
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for name, content in (files or {"hello": b"one\n"}).items():
            info = tarfile.TarInfo(f"{app}-{version}/{name}")
            info.size, info.mode = len(content), 0o755
            tar.addfile(info, io.BytesIO(content))
    return lzma.compress(stream.getvalue())


@pytest.fixture
def upstream(archive, server):
    """A stand-in for the projects' download servers."""
    for name in RELEASES:
        app, _, version = name.partition("@")
        (archive.directory / f"{app}-{version}.tar.xz").write_bytes(source_archive(app, version))
    return server


def query(path, *words):
    return subprocess.run(["rpm", "-qp", *words, path], capture_output=True, text=True, check=True).stdout


needs_rpm = pytest.mark.skipif(
    not (shutil.which("rpmbuild") and shutil.which("rpm")), reason="rpm and rpmbuild are needed"
)


@needs_rpm
@pytest.mark.real
@pytest.mark.parametrize("app_version", RELEASES)
def test_a_source_package_holds_pristine_source_spec_and_patches(virtsmith, upstream, archive, tmp_path, app_version):
    app, _, version = app_version.partition("@")
    patches = tmp_path / "patches" / app
    patches.mkdir(parents=True)
    (patches / "a.patch").write_text(PATCH)
    made = virtsmith(
        "ark",
        "srpm",
        app_version,
        "--url",
        upstream.url,
        "-d",
        tmp_path / "out",
        "--patches",
        patches.parent,
        "--dist",
        ".fc42",
    )
    assert made.returncode == 0, made.stderr
    path = tmp_path / "out" / f"{app}-ark-{version.replace('.', '_')}-{version}-1.fc42.src.rpm"
    assert made.stdout == f"{path}\n"
    assert list(path.parent.iterdir()) == [path]
    is_patched = app_version in ("qemu@1.4.0", "qemu@2.6.0")
    listed = set(query(path, "-l").split())
    expected = {f"{app}-{version}.tar.xz", f"{app}-ark-{version.replace('.', '_')}.spec"}
    assert listed == expected | ({"a.patch"} if is_patched else set())
    digests = dict(
        line.split()[::-1] for line in query(path, "--queryformat", "[%{FILEDIGESTS} %{FILENAMES}\n]").splitlines()
    )
    packed = (archive.directory / f"{app}-{version}.tar.xz").read_bytes()
    assert digests[f"{app}-{version}.tar.xz"] == hashlib.sha256(packed).hexdigest()
    needs = query(path, "--requires").split()
    assert {"meson", "glib2-devel", "gnutls-devel"} <= set(needs)


@needs_rpm
@pytest.mark.real
@pytest.mark.parametrize("app", ["qemu", "libvirt"])
def test_a_source_package_builds_into_its_prefix_only(virtsmith, archive, server, tmp_path, app):
    configure = b'#!/bin/sh\nfor word; do case $word in --prefix=*) echo "P=${word#*=}" >config;; esac; done\n'
    makefile = b"include config\nall:\ninstall:\n\tmkdir -p $(DESTDIR)$(P)/bin && echo x >$(DESTDIR)$(P)/bin/tool\n"
    files = {"configure": configure, "Makefile": makefile}
    (archive.directory / f"{app}-2.0.0.tar.xz").write_bytes(source_archive(app, "2.0.0", files))
    target = ["--url", server.url, "-d", tmp_path / "out"]
    done = virtsmith("ark", "build", f"{app}@2.0.0", "--backend", "rpmbuild", "--nodeps", *target)
    assert done.returncode == 0, done.stderr
    (binary,) = (tmp_path / "out").glob(f"{app}-ark-2_0_0-2.0.0-1.*[!c].rpm")
    listed = query(binary, "-l").split()
    assert f"/opt/{app}/2.0.0/bin/tool" in listed
    assert all(line.startswith(f"/opt/{app}/2.0.0") for line in listed)


def test_a_source_that_was_not_verified_leaves_no_trace_in_the_catalogue(virtsmith, upstream, archive, tmp_path):
    own = tmp_path / "own.csv"
    arguments = ["ark", "srpm", "qemu@2.6.0", "--url", upstream.url, "-d", tmp_path / "out", "--catalogue", own]
    first = virtsmith(*arguments)
    assert first.returncode in (0, ExitCode.MISSING), first.stderr
    digest = hashlib.sha256((archive.directory / "qemu-2.6.0.tar.xz").read_bytes()).hexdigest()
    assert f"was not verified (its key is not known); its SHA-256 is {digest}" in first.stderr
    assert not own.exists()
    assert "https://download.qemu.org/" in virtsmith("ark", "spec", "qemu@2.6.0", "--catalogue", own).stdout


def test_a_recorded_checksum_never_changes_unnoticed(virtsmith, upstream, archive, tmp_path):
    own, packed = tmp_path / "own.csv", archive.directory / "qemu-2.6.0.tar.xz"
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    own.write_text(f"app,version,format,url,sha256,build\nqemu,2.6.0,xz,{upstream.url},{digest},configure\n")
    packed.write_bytes(source_archive("qemu", "2.6.0", {"hello": b"tampered\n"}))
    done = virtsmith("ark", "srpm", "qemu@2.6.0", "-d", tmp_path / "out", "--catalogue", own)
    assert done.returncode == ExitCode.EXTERNAL
    assert "content has the SHA-256" in done.stderr


@pytest.mark.parametrize("is_signed", [True, False])
def test_a_source_must_be_signed_by_its_key_when_a_keyring_is_given(virtsmith, upstream, archive, tmp_path, is_signed):
    packed = archive.directory / "qemu-2.6.0.tar.xz"
    archive.gpg("--batch", "--detach-sign", "--output", str(packed) + ".sig", str(packed))
    if not is_signed:
        packed.write_bytes(source_archive("qemu", "2.6.0", {"hello": b"tampered\n"}))
    own = tmp_path / "own.csv"
    own.write_text(f"app,version,format,url,key,build\nqemu,2.6.0,xz,{upstream.url},{archive.fingerprint},configure\n")
    done = virtsmith(
        "ark", "srpm", "qemu@2.6.0", "--catalogue", own, "--keyring", archive.keyring, "-d", tmp_path / "out"
    )
    if is_signed:
        assert done.returncode in (0, ExitCode.MISSING), done.stderr
        (recorded,) = parse_table(own.read_text(), "own")
        assert recorded.sha256 == hashlib.sha256(packed.read_bytes()).hexdigest()
    else:
        assert done.returncode == ExitCode.EXTERNAL
        assert f"qemu-2.6.0.tar.xz is not signed by {archive.fingerprint}" in done.stderr
        assert not list((tmp_path / "cache").glob("**/qemu-2.6.0.tar.xz"))


def test_all_formats_are_tried_when_none_is_known(virtsmith, archive, server, tmp_path):
    (archive.directory / "libvirt-1.2.5.tar.gz").write_bytes(b"some archive")
    virtsmith("ark", "srpm", "libvirt@1.2.5", "--url", server.url, "-d", tmp_path, "--catalogue", tmp_path / "own.csv")
    assert list((tmp_path / "cache").glob("**/libvirt-1.2.5.tar.gz"))
    gone = virtsmith("ark", "srpm", "libvirt@1.2.6", "--url", server.url, "-d", tmp_path)
    assert gone.returncode == ExitCode.EXTERNAL
    assert "answered 404" in gone.stderr


def test_the_same_release_gives_the_same_spec():
    release = ReleaseCatalogue().require("libvirt", "1.3.0")
    text = render_spec(release, "xz", ["b.patch", "a.patch"])
    assert text == render_spec(release, "xz", ["b.patch", "a.patch"])
    assert "Name:           libvirt-ark-1_3_0\n" in text
    assert "%global prefix /opt/libvirt/1.3.0\n" in text
    assert "Patch1:        b.patch\nPatch2:        a.patch\n" in text
    assert "./configure" in text
    assert "meson setup" not in text
    assert "meson setup" in render_spec(ReleaseCatalogue().require("libvirt", "6.7.0"), "xz")
    assert package_name(Release("qemu", "8.0.0-rc1")) == "qemu-ark-8_0_0_rc1"


def test_targets_are_checked_before_they_get_into_a_script():
    release = ReleaseCatalogue().require("qemu", "7.2.0")
    assert "--target-list=x86_64-softmmu,arm-softmmu " in render_spec(
        release, "xz", (), ["x86_64-softmmu", "arm-softmmu"]
    )
    with pytest.raises(UsageError, match="not a QEMU target"):
        render_spec(release, "xz", (), ["x86_64-softmmu; rm -rf /"])


def test_patches_are_chosen_by_version_in_order_of_their_names(tmp_path):
    directory = tmp_path / "qemu"
    directory.mkdir()
    for name, versions in (("b", "..2.0.0"), ("a", "1.5.0.."), ("c", "1.6.0")):
        (directory / f"{name}.patch").write_text(f"Ark-Versions: {versions}\n--- a/x\n")
    names = {v: [p.stem for p in find_patches(tmp_path, Release("qemu", v))] for v in ("1.4.0", "1.6.0", "3.0.0")}
    assert names == {"1.4.0": ["b"], "1.6.0": ["a", "b", "c"], "3.0.0": ["a"]}
    assert [p.stem for p in find_patches(tmp_path, Release("qemu", "9.0.0", patches="c.patch b.patch"))] == ["c", "b"]
    with pytest.raises(InputError, match="needs this patch"):
        find_patches(tmp_path, Release("qemu", "9.0.0", patches="z.patch"))
    (directory / "d.patch").write_text("--- a/x\nArk-Versions: 1.0..2.0\n")
    with pytest.raises(InputError, match="no line 'Ark-Versions"):
        find_patches(tmp_path, Release("qemu", "1.4.0"))


@pytest.mark.slow
def test_a_local_build_goes_straight_into_the_ark(virtsmith, archive, server, tmp_path):
    configure = b'#!/bin/sh\nfor word; do case $word in --prefix=*) echo "P=${word#*=}" >config;; esac; done\n'
    makefile = (
        b"include config\nall:\ninstall:\n\tmkdir -p $(DESTDIR)$(P)/bin\n"
        b"\tprintf '#!/bin/sh\\necho QEMU emulator version 4.4.4\\n' >$(DESTDIR)$(P)/bin/qemu-system-x86_64\n"
        b"\tchmod +x $(DESTDIR)$(P)/bin/qemu-system-x86_64\n"
    )
    files = {"configure": configure, "Makefile": makefile, "hello": b"one\n"}
    (archive.directory / "qemu-4.4.4.tar.xz").write_bytes(source_archive("qemu", "4.4.4", files))
    done = virtsmith("ark", "build", "qemu@4.4.4", "--url", server.url)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"qemu@4.4.4 {tmp_path}/ark/qemu/4.4.4\n"
    ran = virtsmith("ark", "run", "qemu@4.4", "--", "qemu-system-x86_64", "--version")
    assert ran.stdout == "QEMU emulator version 4.4.4\n"
    files["Makefile"] = b"all:\n\techo oops >&2; exit 3\n"
    (archive.directory / "qemu-4.4.5.tar.xz").write_bytes(source_archive("qemu", "4.4.5", files))
    failed = virtsmith("ark", "build", "qemu@4.4.5", "--url", server.url)
    assert failed.returncode == ExitCode.EXTERNAL
    assert failed.stderr.splitlines()[-1].startswith("hint: the complete log is ")
    assert not (tmp_path / "ark/qemu/4.4.5").exists()
    assert "oops" in (tmp_path / "cache/virtsmith/logs/qemu-4.4.5.log").read_text()
