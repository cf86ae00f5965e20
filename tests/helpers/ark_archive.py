"""Debian packages and signed archives, made by the tests themselves."""

import hashlib
import http.server
import io
import lzma
import os
import shutil
import subprocess
import tarfile
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path

from virtsmith.ark.archive.archives import archives

SUITE = "sid"
BUSYBOX = shutil.which("busybox")


def make_tar(files):
    """A tar of ``{path: bytes | "-> target" | TarInfo}``; programs are what lies in a bin directory."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        for path, content in files.items():
            if isinstance(content, tarfile.TarInfo):
                tar.addfile(content)
                continue
            info = tarfile.TarInfo(f"./{path}")
            if isinstance(content, str):
                info.type, info.linkname = tarfile.SYMTYPE, content.removeprefix("-> ")
                tar.addfile(info)
            else:
                info.size, info.mode = len(content), 0o4755 if "/bin/" in path else 0o644
                tar.addfile(info, io.BytesIO(content))
    return stream.getvalue()


def make_deb(files, *, compression="xz"):
    data = make_tar(files)
    packed = lzma.compress(data, preset=0) if compression == "xz" else data
    return package_of({"data.tar" + (".xz" if compression == "xz" else ""): packed})


def package_of(members, *, only=False):
    """A package file with these members after the two that come first, or with these alone."""
    first = {} if only else {"debian-binary": b"2.0\n", "control.tar": make_tar({})}
    out = b"!<arch>\n"
    for name, content in (first | members).items():
        out += f"{name:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}".encode() + b"`\n" + content
        out += b"\n" * (len(content) % 2)
    return out


class Signer:
    """A key of our own, for signing archives."""

    def __init__(self, home: Path):
        self.home = home
        batch = "%no-protection\nKey-Type: eddsa\nKey-Curve: ed25519\nName-Real: Test Archive\n%commit\n"
        self.gpg("--batch", "--gen-key", stdin=batch.encode())
        listed = self.gpg("--with-colons", "--list-keys").decode()
        self.fingerprint = next(line.split(":")[9] for line in listed.splitlines() if line.startswith("fpr"))
        self.keyring = home / "keyring.gpg"
        self.keyring.write_bytes(self.gpg("--export"))

    def gpg(self, *arguments, stdin=b""):
        argv = ["gpg", "--homedir", str(self.home), "--quiet", *arguments]
        return subprocess.run(argv, input=stdin, capture_output=True, check=True).stdout


@contextmanager
def signing():
    """A signer whose key lasts as long as the block."""
    with tempfile.TemporaryDirectory(prefix="gpg") as home:  # a short path: gpg makes sockets in it
        yield Signer(Path(home))
        subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], check=False, capture_output=True)


class Archive:
    """A Debian archive in a directory: packages, indexes, a signed release file."""

    def __init__(self, directory: Path, signer: Signer):
        self.directory, self.stanzas = directory, []
        self.gpg, self.fingerprint, self.keyring = signer.gpg, signer.fingerprint, signer.keyring
        directory.mkdir(exist_ok=True)

    def add(self, name, version, files, *, depends="", provides="", compression="xz"):
        data = make_deb(files, compression=compression)
        path = f"pool/{name}_{version.rpartition(':')[2]}.deb"
        (self.directory / "pool").mkdir(exist_ok=True)
        (self.directory / path).write_bytes(data)
        fields = {
            "Package": name,
            "Version": version,
            "Architecture": archives()["debian"].host.name,
            "Maintainer": "nobody",
            "Installed-Size": str(len(data) // 1024 + 1),
            "Depends": depends,
            "Provides": provides,
            "Filename": path,
            "Size": str(len(data)),
            "SHA256": hashlib.sha256(data).hexdigest(),
            "Description": "a package\n for tests",
        }
        self.stanzas.append("".join(f"{key}: {value}\n" for key, value in fields.items() if value))
        return self.directory / path

    def publish(self, suite=SUITE):
        name = f"main/binary-{archives()['debian'].host.name}/Packages.xz"
        packed = lzma.compress("\n".join(self.stanzas).encode(), preset=0)
        dists = self.directory / "dists" / suite
        (dists / name).parent.mkdir(parents=True, exist_ok=True)
        (dists / name).write_bytes(packed)
        release = f"Suite: {suite}\nSHA256:\n {hashlib.sha256(packed).hexdigest()} {len(packed)} {name}\n"
        (dists / "InRelease").write_bytes(self.gpg("--batch", "--clearsign", stdin=release.encode()))
        return self


def program(text):
    return f"#!/usr/bin/busybox sh\n{text}\n".encode()


class Handler(http.server.SimpleHTTPRequestHandler):
    pause = 0.0

    def copyfile(self, source, outputfile):
        while chunk := source.read(1 << 15):
            time.sleep(self.pause)
            outputfile.write(chunk)

    def log_message(self, *_arguments):
        pass


@contextmanager
def serving(directory):
    """A server of a directory on the loopback; `url` is its address, `handler.pause` slows it down."""

    def initialise(self, *arguments, **options):
        http.server.SimpleHTTPRequestHandler.__init__(self, *arguments, directory=str(directory), **options)

    handler = type("Here", (Handler,), {"pause": 0.0, "__init__": initialise})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        server.url = f"http://127.0.0.1:{server.server_port}"
        server.handler = handler
        yield server
        server.shutdown()


def fill_with_qemu(archive):
    """Publish a QEMU 9.8 of nine packages, one of which holds much data."""
    says = program(
        'case $1 in --version) echo "QEMU emulator version 9.8.7 (test)";; *) echo "$@"; cat /usr/share/note;; esac'
    )
    archive.add(
        "busybox-static", "1:1.36", {"usr/bin/busybox": Path(BUSYBOX).read_bytes(), "usr/bin/cat": "-> busybox"}
    )
    archive.add(
        "qemu-system-x86",
        "1:9.8+ds-1",
        {"usr/bin/qemu-system-x86_64": says, "usr/bin/qemu-system-i386": "-> qemu-system-x86_64"},
        depends="libone (>= 1), libtwo | libnothing, debconf | debconf-2.0, firmware (= 3)",
    )
    archive.add("libone", "1.2", {"usr/lib/one": b"one" * 1000, "lib/old-place": b"kept"}, depends="libthree")
    archive.add("libtwo", "2.0", {"usr/share/note": b"a note\n", "usr/share/doc/libtwo/changelog": b"not kept"})
    archive.add("libthree", "3.0", {"usr/share/random": os.urandom(1 << 20)}, depends="libone", compression="none")
    archive.add("firmware", "2", {"usr/share/firmware": b"old"})
    archive.add("firmware", "3", {"usr/share/firmware": b"new"}, compression="none")
    for number in range(6):
        archive.add(f"libextra{number}", "1", {f"usr/lib/extra{number}": os.urandom(50_000)})
    archive.add(
        "qemu-utils", "1:9.8+ds-1", {"usr/bin/qemu-img": says}, depends=", ".join(f"libextra{n}" for n in range(6))
    )
    return archive.publish()
