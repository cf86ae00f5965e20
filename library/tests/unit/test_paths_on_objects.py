import pytest
from libvirtxml import DiskDriver, DiskFile, DiskTarget, Domain, ModelError, NothingThereError, PathError, paths

TEXT = (
    "<domain type='kvm' new='1'><name>web</name><devices>"
    "<disk type='file'><source file='/a'/><target dev='vda'/><readonly/></disk>"
    "<disk type='network'><source protocol='rbd' name='p/i'/><target dev='vdb'/></disk></devices></domain>"
)


@pytest.fixture
def domain():
    return Domain.parse(TEXT)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("name", ["web"]),
        ("devices.disks[*].source.file", ["/a"]),
        ("/domain/devices/disk/@type", ["file", "network"]),
        ("/domain/@new", ["1"]),
        ("devices.disks[0].readonly", [True]),
    ],
)
def test_values_are_read(domain, path, found):
    assert paths.get(domain, path) == found


def test_elements_are_those_of_the_document(domain):
    assert paths.get(domain, "devices.disks")[1] is domain.devices.disks[1]


@pytest.mark.parametrize(("path", "error"), [("vcpu", NothingThereError), ("nmae", PathError)])
def test_where_nothing_is(domain, path, error):
    with pytest.raises(error):
        paths.get(domain, path)


@pytest.mark.parametrize(
    ("path", "value", "text"),
    [
        ("vcpu", 4, "<vcpu>4</vcpu>"),
        ("memory", "8GiB", "<memory unit='GiB'>8</memory>"),
        ("devices.disks[1].readonly", True, "<readonly/>"),
        ("devices.disks[0].driver", DiskDriver(name="qemu", type="raw"), "<driver name='qemu' type='raw'/>"),
        ("devices.disks[0].driver.cache", "none", "<driver cache='none'/>"),
    ],
)
def test_values_of_python_are_set(domain, path, value, text):
    paths.set(domain, path, value)
    assert text in domain.to_xml()
    assert Domain.parse(domain.to_xml()) == domain


def test_an_element_is_added_and_removed(domain):
    paths.add(domain, "devices.disks", DiskFile(target=DiskTarget(dev="vdc")))
    assert domain.devices.disks[2].target.dev == "vdc"
    paths.remove(domain, "devices.disks[target.dev=vda]")
    assert paths.get(domain, "devices.disks[*].target.dev") == ["vdb", "vdc"]


def test_what_the_schema_forbids_is_refused(domain):
    with pytest.raises(ModelError):
        paths.set(domain, "devices.disks[0].driver.cache", "nnoe")
