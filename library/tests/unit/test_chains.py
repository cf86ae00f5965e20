import pytest
from libvirtxml import Disk
from libvirtxml.chains import backing_chain, location

SOURCES = {
    "<disk type='file'><source file='/a'/><target dev='a'/></disk>": "/a",
    "<disk type='block'><source dev='/dev/a'/><target dev='a'/></disk>": "/dev/a",
    "<disk type='dir'><source dir='/d'/><target dev='a'/></disk>": "/d",
    "<disk type='volume'><source pool='p' volume='v'/><target dev='a'/></disk>": "p/v",
    "<disk type='vhostuser'><source type='unix' path='/s'/><target dev='a'/></disk>": "/s",
    "<disk type='network'><source protocol='nbd'><host transport='unix' socket='/n'/></source><target dev='a'/>"
    "</disk>": "nbd:///n/",
    "<disk type='nvme'><source type='pci' namespace='1'><address domain='0' bus='1' slot='0' function='0'/></source>"
    "<target dev='a'/></disk>": "nvme://0000:01:00.0/1",
    "<disk type='file' device='cdrom'><target dev='a'/></disk>": None,
    "<disk type='future'><source file='/a'/><target dev='a'/></disk>": None,
}


@pytest.mark.parametrize("text", SOURCES)
def test_the_location_of_an_image(text):
    assert location(Disk.parse(text)) == SOURCES[text]


def chain(inner):
    return backing_chain(
        Disk.parse(f"<disk type='file'><source file='/top' index='3'/><target dev='vda'/>{inner}</disk>")
    )


def test_a_chain_that_the_document_does_not_show():
    assert [image.location for image in chain("")] == ["/top"]
    assert not chain("").is_complete


def test_a_chain_with_its_end():
    found = chain(
        "<backingStore type='file' index='2'><format type='qcow2'/><source file='/middle'/>"
        "<backingStore type='network' index='1'><format type='raw'/><source protocol='rbd' name='p/base'/>"
        "<backingStore/></backingStore></backingStore>"
    )
    assert [image.location for image in found] == ["/top", "/middle", "rbd:///p/base"]
    assert [image.index for image in found] == [3, 2, 1]
    assert [image.format for image in found] == [None, "qcow2", "raw"]
    assert len(found) == 3
    assert found.is_complete


def test_a_disk_without_a_base():
    assert len(chain("<backingStore/>")) == 1
    assert chain("<backingStore/>").is_complete
