"""Byte for byte beside gettext 0.21, on libvirt's catalogues and on thousands of generated ones."""

import subprocess
from dataclasses import replace
from pathlib import Path
from shutil import which

import pytest
from helpers.po_generator import Generator
from helpers.po_wrapping import WrapGenerator

from virtsmith.po import CatalogueError, load_catalogue, parse_catalogue
from virtsmith.po.catalogue import _from_parsed
from virtsmith.po.check.files import check_data
from virtsmith.po.expand import Template, expand
from virtsmith.po.fast import scan
from virtsmith.po.minimize import minimize
from virtsmith.po.mo import compile_catalogue
from virtsmith.po.profile import MINI
from virtsmith.po.proof import visible_part
from virtsmith.po.reader import parse

LANGUAGES = ["cs", "de", "es", "fr", "hr", "ja", "ka", "ko", "pt_BR", "sv", "uk", "zh_CN"]
WITH_DATES = replace(MINI, drop_header=())
KEEP = replace(WITH_DATES, wrap="keep")
EVERYTHING = replace(KEEP, untranslated=True, fuzzy=True, obsolete=True, locations="full")
MSGATTRIB = [
    "msgattrib",
    "--force-po",
    "--translated",
    "--no-fuzzy",
    "--no-obsolete",
    "--no-location",
    "--sort-output",
    "-",
]
BATCHES, PER_BATCH = 8, 300


def _is_the_gettext_we_follow() -> bool:
    if not which("msgfmt"):
        return False
    return " 0.21" in subprocess.run(["msgfmt", "--version"], capture_output=True, text=True, check=True).stdout


pytestmark = [pytest.mark.real, pytest.mark.skipif(not _is_the_gettext_we_follow(), reason="needs gettext 0.21")]


def tool(*command, data: bytes = b"") -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout


@pytest.fixture(scope="module")
def catalogues(corpus) -> Path:
    return corpus / "po" / "libvirt-11.3.0"


@pytest.fixture(scope="module")
def template(catalogues, tmp_path_factory) -> Path:
    """The template as gettext 0.21 wraps it; the stored one was wrapped by a newer version."""
    path = tmp_path_factory.mktemp("pot") / "libvirt.pot"
    path.write_bytes(tool("msgcat", catalogues / "libvirt.pot"))
    return path


@pytest.mark.parametrize("language", LANGUAGES)
def test_minimising_gives_the_bytes_of_msgattrib(catalogues, language):
    data = (catalogues / f"{language}.po").read_bytes()
    assert scan(data) is not None
    assert minimize(parse_catalogue(data), WITH_DATES) == tool(*MSGATTRIB, "--no-wrap", data=data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_minimising_with_wrapped_lines_gives_the_bytes_of_msgattrib(catalogues, language):
    """However the lines were broken before: as stored, or not at all."""
    data = (catalogues / f"{language}.po").read_bytes()
    expected = tool(*MSGATTRIB, data=data)
    for stored in (data, tool("msgcat", "--no-wrap", "-", data=data)):
        assert minimize(parse_catalogue(stored), KEEP) == expected


@pytest.mark.parametrize("batch", range(4))
def test_texts_of_any_script_are_wrapped_as_msgcat_wraps_them(batch):
    for seed in range(batch * 100, (batch + 1) * 100):
        data = WrapGenerator(seed).catalogue()
        expected = tool("msgcat", "--sort-output", "-", data=data)
        assert minimize(parse_catalogue(data), EVERYTHING) == expected, seed
        assert minimize(parse_catalogue(expected), EVERYTHING) == expected, seed


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_full_parser_gives_what_the_fast_path_gives(catalogues, language):
    data = (catalogues / f"{language}.po").read_bytes()
    quick, full = parse_catalogue(data), _from_parsed(parse(data), None)
    assert (quick.rows, quick.obsolete, quick.keys) == (full.rows, full.obsolete, full.keys)


@pytest.mark.parametrize("language", LANGUAGES)
def test_expanding_gives_the_bytes_of_msgmerge(catalogues, template, language, tmp_path):
    source = load_catalogue(catalogues / f"{language}.po")
    for profile, wrap, options in ((KEEP, "keep", []), (MINI, "none", ["--no-wrap"])):
        stored = tmp_path / "stored.po"
        stored.write_bytes(minimize(source, profile))
        merged = tool("msgmerge", "-q", "--no-fuzzy-matching", *options, stored, template)
        full = expand(load_catalogue(stored), Template(load_catalogue(template), wrap=wrap))
        assert full == merged
        assert minimize(parse_catalogue(full), MINI) == minimize(source, MINI)


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiling_gives_the_bytes_of_msgfmt(catalogues, language):
    data = (catalogues / f"{language}.po").read_bytes()
    compiled = tool("msgfmt", "-", "-o", "-", data=data)
    assert compile_catalogue(parse_catalogue(data)) == compiled
    assert compile_catalogue(parse_catalogue(minimize(parse_catalogue(data)))) == compiled
    assert compile_catalogue(parse_catalogue(data), hash_table=False) == tool(
        "msgfmt", "--no-hash", "-", "-o", "-", data=data
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_checking_finds_what_msgfmt_finds(catalogues, language):
    path = catalogues / f"{language}.po"
    done = subprocess.run(["msgfmt", "-c", "-o", "/dev/null", path], capture_output=True, text=True, check=False)
    theirs = sum("fatal" not in line and "warning" not in line and ".po:" in line for line in done.stderr.splitlines())
    assert sum(item.severity == "error" for item in check_data(path.read_bytes(), str(path))) == theirs


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_generated_catalogues_come_out_as_with_gettext(batch, tmp_path):
    """Contexts, plurals, comments, flags, macros, odd spellings: sorted form, full form and compiled form agree."""
    compiled = quick = 0
    for seed in range(batch * PER_BATCH, (batch + 1) * PER_BATCH):
        generator = Generator(seed, wild=seed % 2 == 1, macros=seed % 3 == 0)
        data = generator.catalogue()
        catalogue = parse_catalogue(data)
        quick += scan(data) is not None
        full = _from_parsed(parse(data), None)
        assert (full.rows, full.obsolete) == (catalogue.rows, catalogue.obsolete), seed
        assert minimize(catalogue, WITH_DATES) == tool(*MSGATTRIB, "--no-wrap", data=data), seed
        done = subprocess.run(["msgfmt", "-", "-o", "-"], input=data, capture_output=True, check=False)
        if done.returncode == 0:
            compiled += 1
            assert compile_catalogue(catalogue) == done.stdout, seed
        own, pot = tmp_path / "own.po", tmp_path / "new.pot"
        own.write_bytes(data)
        pot.write_bytes(Generator(seed).catalogue(template=True))
        merged = tool("msgmerge", "-q", "--no-fuzzy-matching", "--no-wrap", own, pot)
        assert expand(catalogue, Template(load_catalogue(pot))) == merged, seed
    assert compiled > PER_BATCH * 0.9
    assert quick == PER_BATCH / 2


def test_damaged_catalogues_are_never_read_differently():
    """Bytes deleted, doubled and swapped: what both read must come out alike.

    Two differences are meant: flags that gettext does not know are kept, and without a known charset gettext loses
    every character beyond ASCII, while we read UTF-8 or refuse.
    """
    alike = 0
    for seed in range(500):
        generator = Generator(seed, wild=seed % 2 == 1)
        data = bytearray(generator.catalogue(6))
        for _ in range(generator.random.randint(1, 3)):
            place = generator.random.randrange(len(data))
            data[place : place + 1] = generator.random.choice([b"", b'"', b"\n", b"#~ ", bytes([data[place]]) * 2])
        done = subprocess.run([*MSGATTRIB, "--no-wrap"], input=bytes(data), capture_output=True, check=False)
        try:
            stored = minimize(parse_catalogue(bytes(data)), WITH_DATES)
        except CatalogueError:
            continue
        assert done.returncode == 0, seed
        if b"charset=UTF-8\\n" in data:
            alike += 1
            assert _without_flags(stored) == _without_flags(done.stdout), seed
    assert alike > 100


def _without_flags(data: bytes) -> list[bytes]:
    return [line for line in data.split(b"\n") if not line.startswith(b"#,")]


def test_conversion_keeps_the_compiled_texts(catalogues):
    data = (catalogues / "fr.po").read_bytes()
    assert visible_part(parse_catalogue(minimize(parse_catalogue(data)))) == visible_part(parse_catalogue(data))
