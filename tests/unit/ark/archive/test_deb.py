import contextlib
import stat
import tarfile
from pathlib import PurePosixPath

import pytest
from helpers.ark_archive import make_deb
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.ark.archive import deb
from virtsmith.errors import InputError


def unpack(tmp_path, data):
    (tmp_path / "a.deb").write_bytes(data)
    (tmp_path / "tree").mkdir(exist_ok=True)
    return deb.unpack(tmp_path / "a.deb", tmp_path / "tree")


def member(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, link
    return info


@pytest.mark.parametrize("compression", ["xz", "none"])
def test_a_package_is_unpacked_without_privileges_and_documentation(tmp_path, compression):
    files = {
        "usr/bin/tool": b"x",
        "lib/libold.so": b"y",
        "usr/share/doc/p/README": b"no",
        "usr/share/doc/p/copyright": b"yes",
        "etc/link": "-> /absolute",
    }
    entries = unpack(tmp_path, make_deb(files, compression=compression))
    tree = tmp_path / "tree"
    assert {entry.path for entry in entries if entry.kind != "dir"} == {
        "usr/bin/tool",
        "usr/lib/libold.so",
        "usr/share/doc/p/copyright",
        "etc/link",
    }
    assert stat.S_IMODE((tree / "usr/bin/tool").stat().st_mode) == 0o555
    assert str((tree / "etc/link").readlink()) == "/absolute"
    assert deb.read_file(tmp_path / "a.deb", PurePosixPath("usr/bin/tool")) == b"x"


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"../evil": b"x"}, "leads out"),
        ({"x": member("/etc/passwd")}, "leads out"),
        ({"dir": "-> /tmp", "dir/file": b"x"}, "not a directory"),
        ({"x": member("usr/hard", tarfile.LNKTYPE, "../../etc/passwd")}, "leads out"),
        ({"x": member("usr/hard", tarfile.LNKTYPE, "usr/nothing")}, "not in the package"),
        ({"x": member("dev/sda", tarfile.BLKTYPE)}, "unexpected file type"),
    ],
)
def test_a_package_that_would_escape_is_refused(tmp_path, files, reason):
    with pytest.raises(InputError, match=reason):
        unpack(tmp_path, make_deb(files))
    assert not (tmp_path / "evil").exists()


def test_damaged_packages_are_named(tmp_path):
    whole = make_deb({"usr/bin/tool": b"x" * 100_000})
    for data in (b"", b"!<arch>\n", whole[:200], whole[:-300], whole[:70] + b"\0" * 60):
        with pytest.raises(InputError, match=r"a\.deb"):
            unpack(tmp_path, data)


@given(st.binary(max_size=200), st.integers(0, 250))
def test_garbage_is_no_crash(tmp_path_factory, garbage, place):
    whole = make_deb({"usr/bin/tool": b"x" * 100})
    with contextlib.suppress(InputError):
        unpack(tmp_path_factory.mktemp("deb"), whole[:place] + garbage + whole[place + len(garbage) :])
