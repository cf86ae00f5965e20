"""Codecs: a round trip proves only spelling, so these prove values."""

import copy
import itertools
import pickle

import pytest
from libvirtxml import (
    MAC,
    AddressCCW,
    AddressDrive,
    AddressISA,
    AddressPCI,
    AddressSpaprVio,
    AddressUSB,
    AddressVirtioSerial,
    ControllerPCI,
    CPUSet,
    Filesystem,
    HostdevPCI,
    HostdevUSB,
    InterfaceBridge,
    LaunchSecuritySEV,
    Memory,
    ModelError,
    NodeDevice,
    NWFilter,
    Permissions,
    RedirFilterUSBDev,
    Spelled,
    StorageCapacity,
    VCPUPin,
    VLANTag,
    parse,
)
from libvirtxml._impl.values import codec
from libvirtxml.values import parse_integer


@pytest.mark.parametrize(
    ("text", "base", "number"),
    [
        ("32", 0, 32), ("0x20", 0, 32), ("040", 0, 32), ("0X20", 0, 32), ("-1", 0, -1), ("08", 0, None),
        ("0x", 0, None),
        ("32", 16, 50), ("0x32", 16, 50), ("ff", 16, 255), ("fg", 16, None), ("032", 16, 50),
        ("755", 8, 493), ("0755", 8, 493), ("8", 8, None), ("0", 8, 0),
        ("032", 10, 32), ("0x20", 10, None), (" 7 ", 10, 7), ("+7", 10, 7), ("\u0667", 10, None), ("", 10, None),
        ("9" * 500, 10, None), ("1_000", 10, None), ("1.0", 10, None),
    ],
)  # fmt: skip
def test_numbers_are_read_in_the_base_that_libvirt_uses(text, base, number):
    assert parse_integer(text, base) == number


@pytest.mark.parametrize(
    ("xml", "cls", "field", "value"),
    [
        ("<address type='pci' domain='0x0000' bus='32' slot='0x1f' function='0x7'/>", AddressPCI, "bus", 32),
        ("<address type='pci' domain='0x0000' bus='0x20' slot='0x1f' function='0x7'/>", AddressPCI, "bus", 32),
        ("<address type='pci' domain='0x0000' bus='0' slot='031' function='7'/>", AddressPCI, "slot", 25),
        ("<address type='pci' domain='0x0001' bus='0' slot='31' function='7'/>", AddressPCI, "domain", 1),
        ("<address type='drive' controller='0' bus='08' target='0' unit='12'/>", AddressDrive, "bus", 8),
        ("<address type='drive' controller='0' bus='08' target='0' unit='12'/>", AddressDrive, "unit", 12),
        ("<address type='isa' iobase='0x3f8' irq='0x4'/>", AddressISA, "iobase", 0x3F8),
        ("<address type='isa' iobase='32' irq='4'/>", AddressISA, "iobase", 50),
        ("<address type='spapr-vio' reg='0x00001000'/>", AddressSpaprVio, "reg", 0x1000),
        ("<address type='spapr-vio' reg='32'/>", AddressSpaprVio, "reg", 50),
        ("<address type='ccw' cssid='0xfe' ssid='0x0' devno='0x00a1'/>", AddressCCW, "devno", 0xA1),
        ("<address type='ccw' cssid='0xfe' ssid='0x0' devno='100'/>", AddressCCW, "devno", 100),
        ("<address type='usb' bus='0' port='1.2'/>", AddressUSB, "port", "1.2"),
        ("<address type='virtio-serial' controller='0' bus='0' port='10'/>", AddressVirtioSerial, "port", 10),
        ("<usbdev class='0x08' vendor='0x1234' product='-1' allow='yes'/>", RedirFilterUSBDev, "class_", 8),
        ("<usbdev class='0x08' vendor='0x1234' product='-1' allow='yes'/>", RedirFilterUSBDev, "product", -1),
        ("<usbdev class='0x08' vendor='0x1234' product='-1' allow='yes'/>", RedirFilterUSBDev, "allow", True),
        ("<permissions><mode>0744</mode><owner>0744</owner></permissions>", Permissions, "mode", 0o744),
        ("<permissions><mode>744</mode><owner>0744</owner></permissions>", Permissions, "mode", 0o744),
        ("<permissions><mode>0744</mode><owner>0744</owner></permissions>", Permissions, "owner", 744),
        ("<filesystem type='mount' fmode='0644' dmode='755'/>", Filesystem, "fmode", 0o644),
        ("<filesystem type='mount' fmode='0644' dmode='755'/>", Filesystem, "dmode", 0o755),
        ("<launchSecurity type='sev'><policy>0x0001</policy></launchSecurity>", LaunchSecuritySEV, "policy", 1),
        ("<launchSecurity type='sev'><policy>32</policy></launchSecurity>", LaunchSecuritySEV, "policy", 50),
        ("<tag id='42' nativeMode='tagged'/>", VLANTag, "id", 42),
        ("<vcpupin vcpu='1' cpuset='0-3,^2'/>", VCPUPin, "cpuset", "0-3,^2"),
    ],
)  # fmt: skip
def test_each_field_has_the_value_that_libvirt_sees(xml, cls, field, value):
    element = cls.parse(xml)
    assert getattr(element, field) == value
    assert type(getattr(element, field)) in (type(value), Spelled, MAC, CPUSet)
    assert cls.parse(element.to_xml()).to_xml() == element.to_xml()


def test_wwn_and_mac_stay_text():
    hba = parse(
        "<device><name>scsi_host5</name><capability type='scsi_host'><host>5</host><capability type='fc_host'>"
        "<wwnn>0x5001a4a93526d0a1</wwnn><wwpn>5001a4ace3ee047d</wwpn></capability></capability></device>"
    )
    assert isinstance(hba, NodeDevice)
    port = hba.capabilities[0].capabilities[0]
    assert (port.wwnn, port.wwpn) == ("0x5001a4a93526d0a1", "5001a4ace3ee047d")


def test_nwfilter_values_are_numbers_or_variables():
    rule = "<rule action='drop' direction='in'><tcp srcportstart='{}' dscp='0x1f'/></rule>"
    text = f"<filter name='f'>{rule.format('0x50')}{rule.format('$PORT')}</filter>"
    ports = [rule.tcp.srcportstart for rule in NWFilter.parse(text).rules]
    assert ports == [80, "$PORT"]


def test_mac_addresses_compare_as_they_are_written_and_by_value_where_asked():
    nic = InterfaceBridge.parse("<interface type='bridge'><mac address='52:54:00:AB:CD:0E'/></interface>")
    assert nic.mac.address == "52:54:00:AB:CD:0E"
    assert {"52:54:00:AB:CD:0E": "web"}[nic.mac.address] == "web"
    assert nic.mac.address.same_as("52:54:00:ab:cd:e")
    assert nic.mac.address.canonical == "52:54:00:ab:cd:0e"
    assert "52:54:00:AB:CD:0E" in nic.to_xml()
    assert MAC("0:0:0:0:0:a").same_as("00:00:00:00:00:0A")
    assert not MAC("nonsense").same_as("other")


SAME_VALUES = ("52:54:00:AB:CD:0E", "52:54:00:ab:cd:0e", "0-3", "0,1,2,3", 31, "31", "0x1f", True, 1, "nonsense")


@pytest.mark.parametrize("kind", [MAC, CPUSet, Spelled])
def test_what_is_equal_has_one_hash(kind):
    made = [kind(value) for value in SAME_VALUES if kind is not Spelled or value in ("31", "0x1f")]
    for value, other in itertools.product(made, [*made, *SAME_VALUES]):
        if value == other:
            assert hash(value) == hash(other)
            assert len({value, other}) == 1


def test_numbers_from_python_are_written_as_libvirt_writes_them():
    address = AddressPCI(domain=0, bus=4, slot=0x1F, function=2)
    assert address.to_xml() == "<address type='pci' domain='0x0000' bus='0x04' slot='0x1f' function='0x2'/>\n"
    address.bus = 255
    assert "bus='0xff'" in address.to_xml()
    assert "<mode>0644</mode>" in Permissions(mode=0o644, owner=1, group=2).to_xml()
    assert "iobase='0x3f8'" in AddressISA(iobase=0x3F8, irq=4).to_xml()


def test_a_spelling_is_kept_until_the_value_is_assigned():
    address = AddressPCI.parse("<address type='pci' domain='0' bus='008' slot='0x01' function='0x0'/>")
    assert "bus='008'" in address.to_xml()  # what users wrote; base 0 cannot read it, so it stays text
    assert address.bus == "008"
    assert [problem.path for problem in address.problems()] == ["/address/@bus"]
    address.bus = 8
    assert "bus='0x08'" in address.to_xml()
    assert address.problems() == []


def test_spelled_numbers_behave_as_numbers():
    number = Spelled("0x1f")
    assert (number, number + 1, f"{number:d}", str(number), repr(number)) == (31, 32, "31", "0x1f", "31")
    assert type(number + 0) is int
    for again in (copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert (again, str(again)) == (31, "0x1f")
    with pytest.raises(ValueError, match="not a number"):
        Spelled("zz")


def test_switches_are_booleans_and_odd_words_stay_text():
    disk = "<target dev='vda' removable='{}'/>"
    from libvirtxml import DiskTarget

    assert DiskTarget.parse(disk.format("on")).removable is True
    assert DiskTarget.parse(disk.format("off")).removable is False
    odd = DiskTarget.parse(disk.format("yes"))
    assert odd.removable == "yes"
    assert "removable='yes'" in odd.to_xml()
    assert len(odd.problems()) == 1
    assert DiskTarget(dev="vda", removable=False).to_xml() == "<target dev='vda' removable='off'/>\n"


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: AddressPCI(bus=256), "AddressPCI.bus: '0x100' is not allowed"),
        (lambda: AddressPCI(bus=-1), "not allowed"),
        (lambda: AddressPCI(slot=32), "not allowed"),
        (lambda: AddressPCI(bus="four"), "not allowed"),
        (lambda: AddressPCI(bus=1.5), "expected int, got float"),
        (lambda: AddressPCI(bus=True), "expected int, got bool"),
        (lambda: HostdevPCI(managed=1), "expected bool, got int"),
        (lambda: ControllerPCI(model="pcie-rootport"), "did you mean 'pcie-root-port'"),
        (lambda: VLANTag(id=5000), "not allowed"),
        (lambda: HostdevUSB(mode="x"), "not allowed"),
    ],
)
def test_values_that_the_schema_forbids_are_refused(build, message):
    with pytest.raises(ModelError) as caught:
        build()
    assert message in f"{caught.value} {caught.value.hint}"


def test_codecs_are_bounded():
    numbers = codec("10:%d")
    for number in range(40_000):
        assert numbers[str(number)] == number
    assert len(numbers) < 40_000


@pytest.mark.parametrize(
    ("xml", "size"),
    [
        ("<memory>1048576</memory>", 2**30), ("<memory unit='KiB'>1</memory>", 1024),
        ("<memory unit='KB'>1</memory>", 1000), ("<memory unit=''>1</memory>", 1024),
        ("<memory unit='b'>7</memory>", 7), ("<memory unit='bytes'>7</memory>", 7),
        ("<memory unit='G'>2</memory>", 2**31),
        ("<memory unit='TB'>1</memory>", 10**12), ("<memory unit='EiB'>1</memory>", 2**60),
    ],
)  # fmt: skip
def test_sizes_know_their_bytes(xml, size):
    assert Memory.parse(xml).bytes == size


def test_sizes_are_built_from_what_people_write():
    assert Memory.of("8 GiB").bytes == 8 * 2**30
    assert StorageCapacity.of("5").bytes == 5
    assert StorageCapacity.parse("<capacity>5</capacity>").bytes == 5
    for odd in ("8 apples", "GiB", "-1KiB", "1.5GiB"):
        with pytest.raises(ModelError):
            Memory.of(odd)


def test_pci_addresses_are_read_from_and_written_as_lspci_has_them():
    address = AddressPCI.at("0000:65:1f.7")
    assert (address.domain, address.bus, address.slot, address.function) == (0, 0x65, 0x1F, 7)
    assert address.location == "0000:65:1f.7"
    assert AddressPCI.at("01:00.0").location == "0000:01:00.0"
    assert AddressPCI().location is None
    for odd in ("65:1f", "0000:65:20.0", "0000:65:1f.8", ""):
        with pytest.raises(ModelError):
            AddressPCI.at(odd)


def test_cpu_sets_are_text_with_numbers():
    pin = VCPUPin.parse("<vcpupin vcpu='0' cpuset='0-3,^2,8'/>")
    assert pin.cpuset == "0-3,^2,8"
    assert pin.cpuset.numbers == {0, 1, 3, 8}
    assert CPUSet.of([8, 0, 1, 3]) == "0-1,3,8"
    assert CPUSet("junk").numbers == CPUSet("").numbers == frozenset()
    assert len(CPUSet("0-999999999").numbers) <= 2**17
