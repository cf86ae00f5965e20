"""Mutants of our own documents, read and written by virtsmith and by parsers from elsewhere: nothing differs."""

from __future__ import annotations

import random
import re
import shutil
import subprocess
from itertools import pairwise

import pytest
from libvirtxml._impl import parse, raw

from fuzz.harnesses import ark, po
from fuzz.prove import own_documents, prove_mutants
from virtsmith.ark.archive import deb
from virtsmith.ark.archive.debversion import version_key
from virtsmith.errors import VirtsmithError
from virtsmith.po.catalogue import parse_catalogue
from virtsmith.po.mo import compile_catalogue

pytestmark = pytest.mark.slow


def needs(*programs):
    missing = [name for name in programs if not shutil.which(name)]
    return pytest.mark.skipif(bool(missing), reason=f"not installed: {', '.join(missing)}")


def test_documents_are_read_and_written_back_as_lxml_reads_them():
    proof = prove_mutants(1, 500, own_documents())
    assert proof.found == {}
    counts = proof.tally.counts
    assert counts["read"] > 300, proof.tally
    assert counts["values"] > 200, proof.tally
    assert counts["edits"] > 20, proof.tally


def lose_the_prefix_xml(monkeypatch):
    original = parse._has
    monkeypatch.setattr(parse, "_has", lambda text, part: part != "xml:" and original(text, part))


def lose_what_is_beside_a_value(monkeypatch):
    monkeypatch.setattr(raw, "string_value", lambda element: element.text or "")


def lose_comments_before_the_root(monkeypatch):
    monkeypatch.setattr(parse, "_find_around_root", lambda *_: ([], []))


def add_layout_to_text(monkeypatch):
    from libvirtxml._impl import write

    monkeypatch.setattr(write, "_is_mixed", lambda *_: False)


FLAWS = [lose_the_prefix_xml, lose_what_is_beside_a_value, lose_comments_before_the_root, add_layout_to_text]


@pytest.mark.parametrize("flaw", FLAWS, ids=lambda flaw: flaw.__name__)
def test_a_reader_or_writer_that_loses_something_is_found(monkeypatch, flaw):
    flaw(monkeypatch)
    for seed in range(12):
        if prove_mutants(seed, 100, own_documents()).failures:
            return
    pytest.fail("not found in 1200 mutants")


def mutants(harness, count, seed):
    chance = random.Random(seed)
    return [harness.mutant(chance) for _ in range(count)]


CATALOGUE = next(harness for harness in po.HARNESSES if harness.name == "catalogue")
PACKAGE = next(harness for harness in ark.HARNESSES if harness.name == "package")


@pytest.mark.real
@needs("msgfmt")
def test_catalogues_say_what_gettext_reads_in_them(tmp_path):
    """Where both read a catalogue, the messages are the same, and also in what virtsmith writes of it."""
    agreed = 0
    for data in mutants(CATALOGUE, 150, 1):
        try:
            catalogue = parse_catalogue(data)
            ours = compile_catalogue(catalogue)
        except VirtsmithError:
            continue
        if (theirs := msgfmt(tmp_path, data)) is None:
            continue
        assert ours == theirs, data
        assert msgfmt(tmp_path, catalogue.render()) == theirs, data
        agreed += 1
    assert agreed > 20


def msgfmt(directory, data):
    """What msgfmt makes of a catalogue; None if it refuses it."""
    (directory / "x.po").write_bytes(data)
    options = ["--no-convert"] if b"--no-convert" in subprocess.check_output(["msgfmt", "--help"]) else []
    command = ["msgfmt", *options, "-o", directory / "x.mo", directory / "x.po"]
    done = subprocess.run(command, capture_output=True, check=False)
    return (directory / "x.mo").read_bytes() if done.returncode == 0 else None


@pytest.mark.real
@needs("dpkg")
def test_versions_are_in_the_order_of_dpkg():
    chance = random.Random(1)
    versions = [version(chance) for _ in range(150)]
    for earlier, later in pairwise(versions):
        other = later if chance.random() < 0.5 else earlier[: chance.randint(1, len(earlier))] + later[-2:]
        if not is_valid(earlier) or not is_valid(other):
            continue
        first, second = version_key(earlier), version_key(other)
        for operator, holds in (("lt", first < second), ("eq", first == second)):
            done = subprocess.run(["dpkg", "--compare-versions", earlier, operator, other], check=False)
            assert (done.returncode == 0) == holds, (earlier, operator, other)


def version(chance):
    parts = ["~", "+", ".", "-", "0", "00", "1", "9", "10", "a", "b", "rc", "dfsg", "9" * 30]
    rest = "".join(chance.choices(parts, k=chance.randint(0, 7)))
    return f"{chance.choice(['', '1:'])}{chance.randint(0, 9)}{rest}"


def is_valid(text):
    """As deb-version(7) has it."""
    return re.fullmatch(r"(\d:)?\d[a-z0-9.+~-]*(?<!-)", text) is not None


@pytest.mark.real
@needs("dpkg-deb", "tar")
def test_what_is_unpacked_is_a_package_to_dpkg(tmp_path):
    accepted = 0
    for number, data in enumerate(mutants(PACKAGE, 400, 1)):
        package, tree = tmp_path / "a.deb", tmp_path / str(number)
        package.write_bytes(data)
        tree.mkdir()
        try:
            deb.unpack(package, tree)
        except VirtsmithError:
            continue
        accepted += 1
        packed = subprocess.run(["dpkg-deb", "--fsys-tarfile", package], capture_output=True, check=True).stdout
        subprocess.run(["tar", "-t"], input=packed, capture_output=True, check=True)
    assert accepted > 10
