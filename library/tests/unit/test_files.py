"""Files: what is written over is whole, keeps what belongs to it, or stays as it was."""

import os
import shutil
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import threading
from contextlib import nullcontext
from pathlib import Path

import pytest
from libvirtxml import files
from libvirtxml.errors import InputError, SizeError, WriteError, XMLError

NOBODY = 65534
IS_ROOT = os.geteuid() == 0
WRITE = "import sys; from pathlib import Path; from libvirtxml import files, errors\n"


def run_python(code: str, *arguments: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", WRITE + code, *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def as_nobody(code: str, *arguments: object) -> subprocess.CompletedProcess:
    """Run code as a user without rights; we may be root, whom no permission stops."""
    drop = f"import os; os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n" if IS_ROOT else ""
    return run_python(drop + code, *arguments)


@pytest.fixture
def open_directory():
    """A directory in which everybody may write."""
    directory = Path(tempfile.mkdtemp())  # pytest's own are for its user alone
    directory.chmod(0o777)
    yield directory
    shutil.rmtree(directory)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("error", [XMLError("no"), SizeError("no"), KeyboardInterrupt()])
def test_a_draft_that_fails_its_check_leaves_the_old_file_and_nothing_else(tmp_path, error):
    target = tmp_path / "a.txt"
    target.write_bytes(b"old")
    seen = []

    def refuse(written):
        seen.append(written)
        raise error

    with pytest.raises(type(error)):
        files.write_atomic(target, b"new", check=refuse)
    assert seen == [b"new"]
    assert target.read_bytes() == b"old"
    assert names(tmp_path) == ["a.txt"]


def test_permissions_and_links_survive_a_rewrite(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    assert files.write_atomic(link, "new") == ()
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640


def test_a_link_that_leads_to_itself_is_refused(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(WriteError, match="a: cannot write: too many levels of symbolic links"):
        files.write_atomic(tmp_path / "a", "new")
    assert names(tmp_path) == ["a", "b"]


def test_a_link_to_nothing_makes_the_file_that_it_names(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "new")
    files.write_atomic(tmp_path / "a", "content")
    assert (tmp_path / "a").is_symlink()
    assert (tmp_path / "new").read_text() == "content"


def test_a_new_file_has_the_permissions_that_the_umask_leaves(tmp_path):
    old = os.umask(0o027)
    try:
        files.write_atomic(tmp_path / "new", "x")
    finally:
        os.umask(old)
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640


ACL = struct.pack("<I", 2) + b"".join(
    struct.pack("<HHi", tag, permissions, who)
    for tag, permissions, who in [(1, 6, -1), (2, 6, NOBODY), (4, 4, -1), (16, 6, -1), (32, 0, -1)]
)
"""An access control list as the kernel keeps it: the owner, one more user, the group, the mask, all others."""


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="this system has no extended attributes")
@pytest.mark.parametrize(("name", "value"), [("user.origin", b"here"), ("system.posix_acl_access", ACL)])
def test_extended_attributes_survive_a_rewrite(tmp_path, name, value):
    target = tmp_path / "a"
    target.write_text("old")
    try:
        os.setxattr(target, name, value)
    except OSError as error:
        pytest.skip(f"the file system has none: {error}")
    mode = target.stat().st_mode
    assert files.write_atomic(target, "new") == ()
    assert os.getxattr(target, name) == value
    assert target.stat().st_mode == mode


@pytest.mark.skipif(not IS_ROOT, reason="only root may give files away")
def test_root_keeps_the_owner_of_a_file(tmp_path):
    target = tmp_path / "a"
    target.write_text("old")
    target.chmod(0o4750)
    os.chown(target, 1234, 4321)
    target.chmod(0o4750)
    assert files.write_atomic(target, "new") == ()
    status = target.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (1234, 4321, 0o4750)


@pytest.mark.skipif(not IS_ROOT, reason="only root can make a file of another owner")
def test_an_owner_that_cannot_be_kept_is_reported_and_lends_no_rights(open_directory):
    target = open_directory / "a"
    target.write_text("old")
    target.chmod(0o4666)
    os.chown(target, 0, 0)
    target.chmod(0o6664)
    target.chmod(0o6666)
    done = as_nobody("print(files.write_atomic(Path(sys.argv[1]), 'new'))", target)
    assert f"its owner: 0 became {NOBODY}" in done.stdout, done.stderr
    assert f"its group: 0 became {NOBODY}" in done.stdout
    assert stat.S_IMODE(target.stat().st_mode) == 0o666
    assert target.read_text() == "new"


def test_other_hard_links_are_reported(tmp_path):
    target, other = tmp_path / "a", tmp_path / "b"
    target.write_text("old")
    other.hardlink_to(target)
    assert files.write_atomic(target, "new") == ("its other names: 1 hard links keep the old content",)
    assert other.read_text() == "old"


def test_a_name_may_be_as_long_as_names_can_be(tmp_path):
    target = tmp_path / ("ä" * 127)
    files.write_atomic(target, "x")
    assert names(tmp_path) == [target.name]


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda directory: directory, "is a directory"),
        (lambda directory: directory / ("x" * 300), "file name too long"),
        (lambda directory: (directory / "file").write_text("") or directory / "file" / "a", "not a directory"),
        (lambda _: Path("/dev/full"), "no space left on device"),
    ],
)
def test_what_cannot_be_written_is_named_with_the_reason(tmp_path, make, reason):
    target = make(tmp_path)
    with pytest.raises(WriteError) as caught:
        files.write_atomic(target, "x")
    assert str(caught.value).startswith(f"{target}: cannot write: {reason}")
    assert caught.value.source == str(target)


def test_a_name_with_a_nul_is_refused():
    with pytest.raises(WriteError, match="not a file name"):
        files.write_atomic(Path("a\0b"), "x")


TRY = "try: files.write_atomic(Path(sys.argv[1]), b'x' * 100000)\nexcept errors.WriteError as error: print(error)"


def test_a_full_disk_leaves_the_old_file(tmp_path):
    target = tmp_path / "a"
    target.write_text("old")
    limit = "import resource, signal; resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))\n"
    done = run_python(f"{limit}signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n{TRY}", target)
    assert done.stdout == f"{target}: cannot write: file too large\n", done.stderr
    assert target.read_text() == "old"
    assert names(tmp_path) == ["a"]


def test_a_file_that_must_not_be_written_is_left_alone(open_directory):
    target = open_directory / "a"
    target.write_text("old")
    target.chmod(0o444)
    done = as_nobody(TRY, target)
    assert done.stdout == f"{target}: cannot write: permission denied\n", done.stderr
    assert target.read_text() == "old"


def test_a_directory_that_must_not_be_changed_is_left_alone(open_directory):
    target = open_directory / "a"
    target.write_text("old")
    target.chmod(0o666)
    open_directory.chmod(0o555)
    done = as_nobody(TRY, target)
    assert done.stdout == f"{target}: cannot write: permission denied\n", done.stderr
    assert target.read_text() == "old"


# --- what is not a regular file ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["pipe", "device"])
@pytest.mark.parametrize("linked", [False, True])
def test_what_is_no_file_is_written_to_and_not_replaced(tmp_path, kind, linked):
    target = tmp_path / kind
    if kind == "pipe":
        os.mkfifo(target)
    else:
        try:
            os.mknod(target, stat.S_IFCHR | 0o666, os.makedev(1, 3))  # as /dev/null
            target.write_bytes(b"")
        except PermissionError:
            pytest.skip("no device can be made here")
    before = target.stat()
    (tmp_path / "link").symlink_to(target)
    received = []
    reader = threading.Thread(target=lambda: received.append(target.read_bytes()), daemon=True)
    reader.start()
    assert files.write_atomic(tmp_path / "link" if linked else target, "through") == ()
    after = target.stat()
    assert stat.S_ISFIFO(after.st_mode) or stat.S_ISCHR(after.st_mode)
    assert (after.st_ino, after.st_mode) == (before.st_ino, before.st_mode)
    reader.join(60)
    assert received == [b"through" if kind == "pipe" else b""]
    assert (tmp_path / "link").is_symlink()


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"])
def test_standard_output_by_name_goes_on_where_it_is(tmp_path, name):
    out = tmp_path / "out.txt"
    if name == "link":
        (tmp_path / "link").symlink_to("/dev/stdout")
        name = tmp_path / "link"
    code = "print('first', flush=True); files.write_atomic(Path(sys.argv[1]), 'second\\n'); print('third')"
    with out.open("wb") as stream:
        inode = os.fstat(stream.fileno()).st_ino
        subprocess.run([sys.executable, "-c", WRITE + code, name], stdout=stream, check=True, timeout=60)
    assert out.read_text() == "first\nsecond\nthird\n"
    assert out.stat().st_ino == inode
    assert names(tmp_path) == sorted({"out.txt", Path(name).name} & set(names(tmp_path)))


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_a_process_substitution_is_written_to(tmp_path):
    script = '"$0" -c "$1" >(cat > "$2"); wait $!; cat "$2"'
    code = WRITE + "files.write_atomic(Path(sys.argv[1]), 'through')"
    command = ["bash", "-c", script, sys.executable, code, tmp_path / "out"]
    assert subprocess.check_output(command, timeout=60) == b"through"


# --- reading ----------------------------------------------------------------------------------------------------------


def test_unchanged_content_is_not_written_again(tmp_path):
    target = tmp_path / "deep" / "a.txt"
    assert files.write_if_changed(target, "x")
    before = target.stat().st_ino
    assert not files.write_if_changed(target, "x")
    assert target.stat().st_ino == before


def test_unreadable_files_are_named_with_the_reason(tmp_path):
    with pytest.raises(InputError, match=r"nothing: cannot read: no such file"):
        files.read_bytes(tmp_path / "nothing")
    bad = tmp_path / "bad"
    bad.write_bytes(b"one\ntwo\n\xff\n")
    with pytest.raises(InputError, match=r"bad:3: not valid UTF-8"):
        files.read_text(bad)


def test_files_are_found_by_suffix_and_a_directory_that_cannot_be_read_is_named(tmp_path):
    for name in ("b/2.xml", "a/1.XML", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in files.find_files(tmp_path, ".xml")] == ["a/1.XML", "b/2.xml"]
    with pytest.raises(InputError, match="missing: cannot read: no such file or directory"):
        files.find_files(tmp_path / "missing", ".xml")


KILLED = """
import os, signal, sys
from pathlib import Path
from libvirtxml.files import write_atomic
write_atomic(Path(sys.argv[1]), "new", check=lambda _: os.kill(os.getpid(), signal.SIGKILL))
"""


def has_nameless_files(directory):
    try:
        os.close(os.open(directory, os.O_TMPFILE | os.O_RDWR))
    except (OSError, AttributeError):
        return False
    return True


def names_in(directory):
    return [path.name for path in directory.iterdir()]


def test_a_process_that_is_killed_while_it_writes_leaves_the_old_file_and_no_other(tmp_path):
    if not has_nameless_files(tmp_path):
        pytest.skip("this file system has no files without a name")
    path = tmp_path / "a"
    path.write_text("old")
    done = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"
    assert names_in(tmp_path) == ["a"]


@pytest.mark.parametrize("fails", [False, True])
def test_where_a_file_needs_a_name_the_draft_has_one_until_it_takes_the_place(tmp_path, monkeypatch, fails):
    monkeypatch.delattr(os, "O_TMPFILE", raising=False)
    seen = []

    def check(_):
        seen.extend(names_in(tmp_path))
        if fails:
            raise InputError("no")

    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(InputError) if fails else nullcontext():
        files.write_atomic(path, "new", check=check)
    assert len(seen) == 2
    assert names_in(tmp_path) == ["a"]
    assert path.read_text() == ("old" if fails else "new")
