import pytest
from libvirtxml import parse, parse_any
from libvirtxml._impl.outline import outline
from xml_helpers.sample_documents import SAMPLES


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_every_document_has_an_outline_of_short_lines(path):
    lines = outline(parse_any(path))
    assert lines
    assert all(line.strip() and "\n" not in line for line in lines)


@pytest.mark.parametrize(
    ("memory", "text"),
    [
        ("<memory unit='KiB'>4194304</memory>", "4 GiB"),
        ("<memory>1536</memory>", "1536 KiB"),
        ("<memory unit='b'>1</memory>", "1 byte"),
        ("<memory unit='GiB'>lots</memory>", "lots GiB"),
        ("<currentMemory unit='MiB'>512</currentMemory>", "512 MiB"),
    ],
)
def test_memory_is_shown_in_units_for_people(memory, text):
    assert f"memory  {text}" in outline(parse(f"<domain>{memory}</domain>"))


@pytest.mark.parametrize(
    "text",
    [
        "<domain/>",
        "<domain><devices><disk type='odd' device='x'><source/></disk><hostdev/></devices></domain>",
        "<domain><devices><hostdev type='pci'><source><address bus='x'/></source></hostdev></devices></domain>",
        "<network><name>\n a \n</name></network>",
    ],
)
def test_odd_documents_have_outlines_too(text):
    assert isinstance(outline(parse(text)), list)
