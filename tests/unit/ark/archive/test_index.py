import subprocess
from itertools import pairwise

import pytest
from helpers.ark_archive import Archive
from hypothesis import given
from hypothesis import strategies as st

from virtsmith.ark.archive.debversion import upstream_of, version_key
from virtsmith.ark.archive.index import Index, trim
from virtsmith.ark.archive.relations import Relation, parse_depends
from virtsmith.ark.archive.resolve import Unresolvable, resolve
from virtsmith.core.run import find_program
from virtsmith.errors import InputError

ORDERED = [
    "0~~",
    "0~~a",
    "0~",
    "0",
    "0a",
    "0+",
    "1.0~rc1-1",
    "1.0-1~bpo1",
    "1.0-1",
    "1.0-1+b1",
    "1.0-1.1",
    "1.0+dfsg-1",
    "1.9",
    "1.10",
    "1:0",
]


def test_package_versions_order_as_policy_says():
    keys = [version_key(version) for version in ORDERED]
    assert all(low < high for low, high in pairwise(keys))


@pytest.mark.real
@given(*[st.text("019.+~abz-", min_size=1, max_size=6).map(lambda s: "1" + s.rstrip("-"))] * 2)
def test_package_versions_order_as_dpkg_orders_them(first, other):
    if find_program("dpkg") is None:
        pytest.skip("dpkg is not here")
    mine = (version_key(first) > version_key(other)) - (version_key(first) < version_key(other))
    for word, sign in (("lt", -1), ("eq", 0), ("gt", 1)):
        said = subprocess.run(["dpkg", "--compare-versions", first, word, other], check=False, capture_output=True)
        assert (said.returncode == 0) == (mine == sign), (first, word, other)


def test_upstream_versions_lose_epoch_revision_and_repack_marks():
    assert [upstream_of(v) for v in ("1:7.2+dfsg-7+deb12u18", "9.0.0-4", "1:10.0.2+ds-2~bpo12+1", "3.0")] == [
        "7.2",
        "9.0.0",
        "10.0.2",
        "3.0",
    ]


def test_dependency_fields_are_read_with_all_their_trimmings():
    parsed = parse_depends("libc6 (>= 2.34), a:any | b (<< 3~) [amd64] <!nocheck>, c(=1)")
    assert parsed == [
        (Relation("libc6", ">=", "2.34"),),
        (Relation("a"), Relation("b", "<<", "3~")),
        (Relation("c", "=", "1"),),
    ]
    with pytest.raises(InputError, match="not a dependency"):
        parse_depends("a ((1)")


def index_of(text):
    return Index("test", [(trim(text.encode()), "http://x")])


def stanza(name, version="1", **fields):
    lines = {"Package": name, "Version": version, "Filename": f"{name}.deb", "Size": "1", "SHA256": "00", **fields}
    return "".join(f"{key.replace('_', '-')}: {value}\n" for key, value in lines.items()) + " continued\n"


def test_a_closure_holds_everything_once_and_prefers_what_is_chosen():
    index = index_of(
        "\n".join(
            [
                stanza("app", Depends="loop, gone | alt2, virtual (>= 2), old (<< 2), skipped"),
                stanza("loop", Pre_Depends="app (= 1)"),
                stanza("alt2", Depends="first | alt2"),
                stanza("first"),
                stanza("real", Provides="virtual (= 2)"),
                stanza("real0", Provides="virtual"),
                stanza("old", "2"),
                stanza("old", "1.5"),
            ]
        )
    )
    found = resolve(index.find("app"), [index], skip={"skipped"})
    assert [(package.name, package.version) for package in found] == [
        ("app", "1"),
        ("loop", "1"),
        ("alt2", "1"),
        ("real", "1"),
        ("old", "1.5"),
    ]


def test_what_cannot_be_satisfied_is_named():
    index = index_of(stanza("app", Depends="libx (>= 3) | liby"))
    with pytest.raises(Unresolvable, match=r"app 1 needs libx \(>= 3\) | liby"):
        resolve(index.find("app"), [index])


def test_a_layer_is_only_used_where_the_one_below_is_too_old():
    base, above = (
        index_of(stanza("lib", "1") + "\n" + stanza("other", "1")),
        index_of(stanza("lib", "2") + "\n" + stanza("other", "2")),
    )
    app = index_of(stanza("app", Depends="lib (>= 2), other")).find("app")
    assert [package.version for package in resolve(app, [base, above])] == ["1", "2", "1"]


def test_damaged_entries_are_named():
    with pytest.raises(InputError, match=r"package index of test: damaged entry"):
        index_of("Package: a\nVersion: 1\n").find("a")


@given(st.binary(max_size=300))
def test_garbage_in_an_index_is_no_crash(garbage):
    index = Index("test", [(trim(garbage + b"\nPackage: a\n" + garbage), "")])
    try:
        index.find("a")
        list(index.iter_matching(Relation("a")))
    except InputError:
        pass


def test_every_stanza_of_an_archive_is_found(archive: Archive):
    for number in range(20):
        archive.add(f"p{number}", f"{number}", {})
    index = index_of("\n".join(archive.stanzas))
    assert [index.find(f"p{number}")[0].version for number in range(20)] == [str(number) for number in range(20)]
