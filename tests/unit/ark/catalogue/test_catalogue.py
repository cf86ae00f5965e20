from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from libvirtxml.versions import Version

from virtsmith.ark.catalogue import refresh
from virtsmith.ark.catalogue.refresh import DIRECTORIES, directory_of
from virtsmith.ark.catalogue.table import Release, ReleaseCatalogue, dump_table, parse_table
from virtsmith.errors import ExternalError, InputError, UsageError

ROW = "qemu,9.9.9,2030-01-02,xz,https://example.org/,,,configure,,1,,\n"
HEAD = "app,version,date,format,url,sha256,key,build,patches,release,state,note\n"


@pytest.fixture
def catalogue(tmp_path):
    return ReleaseCatalogue(tmp_path / "own.csv")


def test_the_shipped_table_is_in_order_and_complete_in_what_must_be_known(catalogue):
    libvirt, qemu = catalogue.releases("libvirt"), catalogue.releases("qemu")
    assert (libvirt[0].version, qemu[0].version) == ("1.2.0", "1.4.0")
    versions = [release.version for release in libvirt]
    assert versions.index("1.2.9") < versions.index("1.2.10") < versions.index("1.2.21") < versions.index("1.3.0")
    assert len(libvirt) >= 140
    assert len(qemu) >= 160
    assert [r.build for r in libvirt if r.version in ("6.6.0", "6.7.0")] == ["autotools", "meson"]
    assert all(release.url.startswith("https://") and release.build for release in libvirt + qemu)


def test_every_release_that_the_corpus_dates_is_known_with_a_date_close_to_it(catalogue, corpus):
    for app in ("libvirt", "qemu"):
        rows = [
            line.split("\t") for line in (corpus / f"releases/{app}.tsv").read_text().splitlines() if line[0] != "#"
        ]
        assert rows
        for version, date in rows:
            known = catalogue.find(app, version)
            assert known is not None, version
            assert known.date[:4] == date[:4], version


def test_a_table_survives_being_written_and_read(catalogue):
    releases = catalogue.releases()
    assert parse_table(dump_table(releases), "x") == releases


def test_own_additions_lie_above_what_was_shipped(catalogue):
    changed = replace(catalogue.require("qemu", "2.6.0"), format="bz2", sha256="ab" * 32)
    catalogue.record([changed])
    catalogue.record([Release("qemu", "99.0.0", url="https://example.org/")])
    again = ReleaseCatalogue(catalogue.own)
    assert again.find("qemu", "2.6.0") == changed
    assert again.releases("qemu")[-1].version == "99.0.0"
    assert len(parse_table(catalogue.own.read_text(), "own")) == 2
    assert catalogue.record([changed]) == 0


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "first line"), ("app,colour\n", "first line"), (HEAD + "qemu,1\n", "wrong number of fields"),
        (HEAD + ROW + ROW, "t.csv:3: qemu 9.9.9 twice"), (HEAD + ROW.replace("9.9.9", "nine"), "not a version"),
        (HEAD + ROW.replace("2030-01-02", "tomorrow"), "bad date: 'tomorrow'"),
        (HEAD + ROW.replace("xz", "rar"), "bad format"),
        (HEAD + ROW.replace("https://example.org/", "file:///etc"), "bad url"),
        (HEAD + ROW.replace("configure", "make"), "bad build"),
        (HEAD + ROW.replace(",,1,", ",../x,1,"), "bad patches"), (HEAD + ROW.replace("qemu", "xen"), "bad app"),
        (HEAD + ROW.replace("https://example.org/", "https://x/%{lua:os.exit()}"), "bad url"),
    ],
)  # fmt: skip
def test_mistakes_in_a_table_are_named_with_their_line(text, problem):
    with pytest.raises(InputError, match=r"t\.csv:") as caught:
        parse_table(text, "t.csv")
    assert problem in str(caught.value)


@given(st.text(max_size=200))
def test_garbage_in_a_table_is_no_crash(text):
    try:
        parse_table(HEAD + text, "t.csv")
    except InputError:
        return


def test_unknown_releases_name_the_nearest(catalogue):
    with pytest.raises(UsageError, match=r"unknown release: qemu 2\.6\.9") as caught:
        catalogue.require("qemu", "2.6.9")
    assert "nearest are 2.6.1, 2.6.2, 2.7.0, 2.7.1" in caught.value.hint


def test_new_releases_are_found_in_a_download_directory(catalogue, archive, server):
    names = [
        "qemu-77.1.0.tar.xz",
        "qemu-77.1.0.tar.bz2",
        "qemu-77.1.0.tar.xz.sig",
        "qemu-77.0.0-rc1.tar.xz",
        "qemu-0.1.0.tar.gz",
        "qemu-1.4.0.tar.bz2",
    ]
    for name in names:
        (archive.directory / name).touch()
    learned = refresh.learn_from_directory(catalogue, "qemu", server.url)
    assert [(r.version, r.format, r.build) for r in learned] == [
        ("1.4.0", "bz2", "configure"),
        ("77.1.0", "xz", "configure"),
    ]
    assert catalogue.record(learned) == 2
    assert refresh.learn_from_directory(catalogue, "qemu", server.url) == []
    with pytest.raises(ExternalError, match="lists no release of libvirt"):
        refresh.learn_from_directory(catalogue, "libvirt", server.url)


@pytest.mark.real
def test_new_releases_are_learned_from_tags(catalogue, tmp_path):
    import subprocess

    def git(*words):
        subprocess.run(["git", "-C", tmp_path / "r", *words], check=True, capture_output=True)

    (tmp_path / "r").mkdir()
    git("init", "-q")
    git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-q", "--allow-empty", "-m", "x")
    for tag in ("v98.1.0", "v98.2.0-rc1", "v1.0.0", "v9.0.0", "other"):
        git("tag", tag)
    learned = refresh.learn_from_git(catalogue, "libvirt", str(tmp_path / "r"))
    assert [(r.version, r.build) for r in learned] == [("98.1.0", "meson")]
    assert Version.parse(learned[0].version) > Version.parse("9.0.0")


@pytest.mark.parametrize(
    ("app", "version", "directory"),
    [
        ("libvirt", "1.2.18.3", "stable_updates/"), ("libvirt", "3.2.1", "stable_updates/"), ("libvirt", "1.2.18", ""),
        ("libvirt", "3.2.0", ""), ("qemu", "7.2.1", ""), ("qemu", "2.4.0.1", ""),
    ],
)  # fmt: skip
def test_maintenance_releases_of_libvirt_have_a_directory_of_their_own(app, version, directory):
    expected = DIRECTORIES[app] + directory
    assert directory_of(app, Version.parse(version)) == expected
    assert ReleaseCatalogue().require(app, version).url == expected
