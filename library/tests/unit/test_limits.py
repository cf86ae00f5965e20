"""Limits for inputs: what goes beyond one is refused with its name and its place, and the limit can be raised."""

import subprocess
import sys
from itertools import pairwise
from threading import Thread

import pytest
from libvirtxml import DataError, XMLError, compare, edit, format_xml, from_json, from_yaml, load_any, parse, parse_any
from libvirtxml.errors import LimitError, UsageError
from libvirtxml.files import read_bytes
from libvirtxml.limits import Limits, current

SMALL = Limits(size=2000, nodes=20, attributes=10)
TOO_MANY_NODES = f"<domain>\n{'<a/>' * 30}</domain>"
TOO_MANY_ATTRIBUTES = "<domain>\n<a " + " ".join(f"a{i}=''" for i in range(11)) + "/></domain>"
TOO_LARGE = f"<domain><name>{'a' * 2000}</name></domain>"
READERS = [parse, parse_any, format_xml, edit, load_any, lambda text: compare(text, text)]
TOO_MUCH = [
    (TOO_MANY_NODES, "nodes", 2),
    (f"<domain>\n{'<!--a-->' * 30}</domain>", "nodes", 2),
    (TOO_MANY_ATTRIBUTES, "attributes", 2),
    (TOO_LARGE, "size", None),
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("encoding", ["", "utf-8", "utf-16"])
@pytest.mark.parametrize(("text", "limit", "line"), TOO_MUCH)
def test_documents_beyond_a_limit_are_refused_with_its_name_and_the_place(read, encoding, text, limit, line):
    data = text.encode(encoding) if encoding else text
    with SMALL.applied(), pytest.raises(LimitError) as caught:
        read(data)
    assert caught.value.limit == limit
    assert caught.value.line == line
    assert limit in caught.value.hint
    assert isinstance(caught.value, XMLError)


def test_what_only_looks_like_too_much_is_read():
    text = f"<domain><!-- {'<a b= c=' * 30} --><name>{'=' * 100}</name></domain>"
    with SMALL.applied():
        assert parse(text).name == "=" * 100
        assert from_json('{"$class": "Domain", "name": "' + ",[{:" * 100 + '"}').name == ",[{:" * 100


@pytest.mark.parametrize("text", ['{"$class": "Domain", "a": [%s1]}' % ("1," * 30), '{"$class": "%s"}' % ("a" * 2000)])
def test_json_beyond_a_limit_is_refused(text):
    with SMALL.applied(), pytest.raises(LimitError) as caught:
        from_json(text)
    assert isinstance(caught.value, DataError)


ALIASES = "a0: &a0 [x, x]\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}, *a{i}]\n" for i in range(60))
MERGES = "a0: &a0 {x: 1}\n" + "".join(f"a{b}: &a{b}\n  <<: [*a{a}, *a{a}]\n" for a, b in pairwise(range(60)))


@pytest.mark.parametrize("text", [ALIASES, MERGES])
def test_aliases_and_merge_keys_of_yaml_are_counted_in_full_before_they_are_followed(text):
    with pytest.raises(LimitError, match="250,000 keys and values, its aliases written in full"):
        from_yaml(text)


def test_yaml_with_too_many_nodes_is_refused_while_it_is_read():
    with SMALL.applied(), pytest.raises(LimitError, match="20 keys and values"):
        from_yaml("- a\n" * 30)


def test_aliases_and_merge_keys_within_the_limits_are_followed():
    text = (
        "$class: Devices\ndisks:\n- &first {type: file, target: {dev: vda}}\n- {<<: *first, device: disk}\n- *first\n"
    )
    assert [disk.target.dev for disk in from_yaml(text).disks] == ["vda"] * 3


def test_files_beyond_the_limit_are_not_read_whole(tmp_path):
    path = tmp_path / "a.xml"
    path.write_text(TOO_LARGE)
    for read in (parse, load_any, read_bytes):
        with SMALL.applied(), pytest.raises(LimitError, match=r"a\.xml: larger than 2,000 bytes"):
            read(path)
        with SMALL.applied(), path.open() as file, pytest.raises(LimitError):
            parse(file)
    with pytest.raises(LimitError, match="/dev/zero: larger than 64 MiB"):
        parse("/dev/zero")


def test_limits_apply_within_their_block_and_their_thread():
    seen = []
    with SMALL.applied():
        thread = Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
        assert current() is SMALL
        with Limits.none().applied():
            assert parse(TOO_LARGE).name
    assert current() == Limits() == seen[0]


def test_limits_are_read_from_text():
    assert Limits.parse("") == Limits()
    assert Limits.parse("size=1G, nodes=none") == Limits(size=1 << 30, nodes=None)
    assert Limits.parse("none,attributes=5k") == Limits(size=None, nodes=None, attributes=5 << 10)
    for wrong, message in (
        ("sizes=1", "no such limit: 'sizes'"),
        ("size=many", "not a number"),
        ("size", "not a number"),
    ):
        with pytest.raises(UsageError, match=message):
            Limits.parse(wrong)


@pytest.mark.slow
def test_what_the_limits_allow_takes_less_than_a_gigabyte():
    """As many nodes as are allowed, in a process that may use 1 GB of memory."""
    code = "from libvirtxml import parse\nparse('<domain>' + '<a/>' * 249_999 + '</domain>').to_xml()"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
    subprocess.run([sys.executable, "-c", limit + code], check=True)
