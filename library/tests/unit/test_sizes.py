"""Units of size: every spelling that the schema allows, wherever the library reads one."""

import re
import shutil
import subprocess

import pytest
from libvirtxml import (
    CapabilitiesNUMACellPages,
    CPUNUMACell,
    Domain,
    FilesystemRAMSource,
    HugepagesPage,
    Memory,
    ModelError,
    SizeError,
    check_sizes,
    diff,
    edit,
    outline,
    parse,
)
from libvirtxml._impl.edit.change import apply
from libvirtxml._impl.tables import info_of
from libvirtxml.values import format_size, parse_size, split_size, to_kib, unit_size
from xml_helpers.units import BYTES, SPELLINGS, UNKNOWN, amount_in

VIRSH = shutil.which("virsh")


def test_the_spellings_are_all_that_the_schema_allows():
    allowed = info_of(Memory).fields["unit"].allowed
    assert len(SPELLINGS) == 134
    assert all(unit in allowed for unit in SPELLINGS)
    assert not any(unit in allowed for unit in UNKNOWN)


@pytest.mark.parametrize("unit", SPELLINGS)
def test_every_spelling_is_counted_as_libvirt_counts(unit):
    size = BYTES[unit.lower()]
    assert unit_size(unit) == size
    assert parse_size(f"3 {unit}") == 3 * size
    assert Memory(value=3, unit=unit).bytes == 3 * size
    assert CPUNUMACell(memory=3, unit=unit).bytes == 3 * size
    assert CPUNUMACell.of(f"3{unit}").bytes == 3 * size


@pytest.mark.parametrize("unit", UNKNOWN)
def test_an_unknown_unit_is_an_error_and_never_kib(unit):
    with pytest.raises(SizeError, match="not a unit of size"):
        unit_size(unit)
    document = parse(f"<domain><memory unit='{unit}'>4</memory></domain>")
    with pytest.raises(SizeError, match=re.escape(f"not a unit of size: {unit!r}")):
        _ = document.memory.bytes


@pytest.mark.parametrize("text", ["", "GiB", "-1GiB", "1.5GiB", "٤GiB", "1 2GiB", "9" * 30 + "k"])
def test_what_is_not_a_size_is_refused(text):
    with pytest.raises(SizeError, match="not a size"):
        split_size(text)
    with pytest.raises(ModelError, match="not a size"):
        Memory.of(text)


def test_a_size_of_people_needs_a_unit():
    with pytest.raises(SizeError, match="has no unit"):
        parse_size("4096")


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (1000, "1000 bytes"), (1536, "1536 bytes"), (2048, "2 KiB"), (1 << 60, "1 EiB"),
     (1 << 70, "1024 EiB"), (5 << 40, "5 TiB")],
)  # fmt: skip
def test_a_size_is_written_in_the_largest_unit_that_keeps_it_whole(size, text):
    assert format_size(size) == text
    assert parse_size(text) == size


def test_kib_are_rounded_up_as_libvirt_does():
    assert [to_kib(size) for size in (0, 1, 1024, 1025)] == [0, 1, 1, 2]
    assert Memory(value=1, unit="GB").kib == 976563


def test_a_size_may_be_in_any_field():
    assert FilesystemRAMSource(usage=2, units="MiB").bytes == 2 << 20
    assert FilesystemRAMSource(usage=2).bytes == 2048
    assert CapabilitiesNUMACellPages(size=4, unit="KiB", value=1000).bytes == 4096
    page = HugepagesPage.of("1 GiB", nodeset="0-1")
    assert (page.bytes, page.nodeset) == (1 << 30, "0-1")


def test_an_amount_that_is_not_a_number_has_no_size():
    memory = parse("<domain><memory unit='GiB'>lots</memory></domain>").memory
    assert (memory.bytes, memory.kib) == (None, None)


def test_the_place_of_an_unknown_unit_is_named():
    document = parse("<domain><cpu><numa><cell memory='1'/><cell memory='2' unit='GiG'/></numa></cpu></domain>")
    with pytest.raises(SizeError, match=re.escape("/domain/cpu/numa/cell[2]: not a unit of size: 'GiG'")):
        check_sizes(document)
    document.cpu.numa.cells[1].unit = "GiB"
    check_sizes(document)


@pytest.mark.parametrize("unit", SPELLINGS)
def test_outline_diff_and_edit_agree(unit):
    amount, kib = amount_in(unit)
    written = f"<domain><name>a</name><memory unit='{unit}'>{amount}</memory></domain>"
    size = amount * BYTES[unit.lower()]
    plain = f"<domain><name>a</name><memory unit='bytes'>{size}</memory></domain>"
    assert outline(parse(written)) == outline(parse(plain))
    assert list(diff(written, plain)) == []
    other = diff(written, plain.replace(f">{size}<", f">{size + 1024}<"))
    assert len(list(other)) == 1
    change = edit(plain)
    apply(change.document, set=[("memory", f"{amount}{unit}")])
    assert parse(change.finish()).memory.kib == kib


# --- judged by libvirt ------------------------------------------------------------------------------------------------

DOMAIN = """<domain type='test'><name>units</name>{memory}<vcpu>2</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>{body}</domain>"""

needs_virsh = pytest.mark.skipif(VIRSH is None, reason="libvirt's virsh is not installed")


def as_libvirt_reads(document: str) -> Domain:
    """The document after libvirt's own reader and writer, which puts sizes in units of its own choice."""
    command = [VIRSH, "-q", "-c", "test:///default", "define /dev/stdin; dumpxml units"]
    shown = subprocess.run(command, input=document, capture_output=True, text=True, check=False, timeout=60)
    assert shown.returncode == 0, shown.stderr
    return Domain.parse(shown.stdout[shown.stdout.index("<domain") :].encode())


@pytest.mark.real
@needs_virsh
@pytest.mark.parametrize("unit", BYTES)
def test_libvirt_counts_the_same(unit):
    for spelling in sorted({unit, unit.upper(), unit.title(), unit.swapcase()}):
        amount, _ = amount_in(spelling)
        document = DOMAIN.format(memory=f"<memory unit='{spelling}'>{amount}</memory>", body="")
        assert as_libvirt_reads(document).memory.kib == Domain.parse(document).memory.kib, spelling
        cells = f"<cpu><numa><cell id='0' cpus='0-1' memory='{amount}' unit='{spelling}'/></numa></cpu>"
        document = DOMAIN.format(memory="", body=cells)
        ours = Domain.parse(document).cpu.numa.cells[0].kib
        theirs = as_libvirt_reads(document)
        assert (theirs.cpu.numa.cells[0].kib, theirs.memory.kib) == (ours, ours), spelling
