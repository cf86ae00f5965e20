import pytest
from libvirtxml import files

from virtsmith.errors import InputError


def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path):
    target = tmp_path / "a.txt"
    files.write_atomic(target, "old")

    def write_and_fail():
        with files.atomic_file(target) as file:
            file.write(b"half")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_fail()
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_permissions_and_links_survive_a_rewrite(tmp_path):
    real, link = tmp_path / "real", tmp_path / "link"
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    files.write_atomic(link, "new")
    assert link.is_symlink()
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o640


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


def test_files_are_found_by_suffix_and_a_folder_that_cannot_be_read_is_named(tmp_path):
    for name in ("b/2.xml", "a/1.XML", "c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [str(path.relative_to(tmp_path)) for path in files.find_files(tmp_path, ".xml")] == ["a/1.XML", "b/2.xml"]
    with pytest.raises(InputError, match="missing: cannot read: no such file or directory"):
        files.find_files(tmp_path / "missing", ".xml")
