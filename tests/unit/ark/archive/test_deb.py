import bz2
import contextlib
import gzip
import random
import stat
import tarfile
from pathlib import PurePosixPath

import pytest
from helpers.ark_archive import make_deb, make_tar, package_of
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.ark.archive import deb
from virtsmith.core.limits import ToolLimits
from virtsmith.errors import InputError, LimitError


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


@pytest.mark.parametrize("compression", ["xz", "none"])
def test_a_package_that_becomes_too_large_is_refused(tmp_path, compression):
    data = make_deb({"usr/bin/tool": bytes(70 << 20)}, compression=compression)
    cases = [("unpacked", ToolLimits(unpacked=1 << 20))]
    if compression == "xz":
        cases.append(("ratio", ToolLimits(ratio=50)))
    for number, (name, limits) in enumerate(cases):
        directory = tmp_path / str(number)
        directory.mkdir()
        with limits.applied(), pytest.raises(LimitError, match=r"a\.deb: ") as caught:
            unpack(directory, data)
        assert caught.value.limit == name


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


def repacked(data, kind):
    """The package with its tree compressed in another way."""
    pack = {"gz": gzip.compress, "bz2": bz2.compress, "none": bytes}[kind]
    return package_of({"data.tar" + (f".{kind}" if kind != "none" else ""): pack(make_tar(data))})


@pytest.mark.parametrize("kind", ["gz", "bz2", "none"])
def test_a_package_that_is_cut_short_or_has_a_wrong_sum_is_refused_without_any_digest(tmp_path, kind):
    whole = repacked({"usr/bin/tool": b"x" * 20_000, "usr/bin/other": random.Random(1).randbytes(2000)}, kind)
    assert unpack(tmp_path, whole)
    for number, size in enumerate(range(len(whole) - 2, 0, -97)):
        (tmp_path / str(number)).mkdir()
        with pytest.raises(InputError, match=r"a\.deb"):
            unpack(tmp_path / str(number), whole[:size])
    if kind != "none":
        place = whole.index(b"data.tar") + 60 + (len(whole) - whole.index(b"data.tar") - 60) // 2
        for at in (place, len(whole) - 6):
            (tmp_path / f"at{at}").mkdir()
            with pytest.raises(InputError, match=r"a\.deb"):
                unpack(tmp_path / f"at{at}", whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


def test_a_damaged_header_within_the_tree_is_not_its_end(tmp_path):
    tar = make_tar({"usr/bin/tool": b"x" * 2000, "usr/bin/other": b"y"})
    place = tar.index(b"usr/bin/other")
    data = package_of({"data.tar": tar[:place] + b"z" + tar[place + 1 :]})
    with pytest.raises(InputError, match="bad checksum"):
        unpack(tmp_path, data)


@pytest.mark.parametrize(
    "members",
    [
        [member("usr/a"), member("usr/a")],
        [member("usr/a", tarfile.DIRTYPE), member("usr/a")],
        [member("usr/a"), member("usr/a", tarfile.SYMTYPE, "b")],
        [member("usr/a"), member("usr/a/b")],
        [member("usr/" + "n" * 300)],
        [member("usr/l", tarfile.SYMTYPE, "x" * 5000)],
        [member("usr/l", tarfile.SYMTYPE, "")],
    ],
)
def test_names_that_cannot_be_used_are_refused(tmp_path, members):
    with pytest.raises(InputError, match=r"a\.deb"):
        unpack(tmp_path, package_of({"data.tar": make_tar(dict(enumerate(members)))}))


def test_what_is_not_a_package_of_this_format_is_refused(tmp_path):
    for order in (["data.tar"], ["debian-binary", "data.tar"], ["control.tar", "debian-binary", "data.tar"]):
        parts = {"debian-binary": b"2.0\n", "control.tar": make_tar({}), "data.tar": make_tar({"usr/a": b"x"})}
        with pytest.raises(InputError, match="not a Debian package"):
            unpack(tmp_path, package_of({name: parts[name] for name in order}, only=True))


@given(st.binary(max_size=200), st.integers(0, 250))
def test_garbage_is_no_crash(tmp_path_factory, garbage, place):
    whole = make_deb({"usr/bin/tool": b"x" * 100})
    with contextlib.suppress(InputError):
        unpack(tmp_path_factory.mktemp("deb"), whole[:place] + garbage + whole[place + len(garbage) :])
