"""Properties of devices and of the machine, and what is migrated of the devices that are in it."""

from helpers.simulated_pc import session

from virtsmith.abi.collect import props, vmstate
from virtsmith.abi.dump.model import Section, SectionStatus

MACHINE = {
    "type": "pc-q35-7.2-machine", "smm": "auto", "vmport": True, "max-ram-below-4g": 0,
    "memory": {"size": 67108864, "max-size": None, "slots": [1, 2]}, "rtc-time": {"tm_sec": 7}, "broken": None,
}  # fmt: skip


def qom(**machine):
    listed = [{"name": name, "type": "str"} for name in machine] + [{"name": "child", "type": "child<x>"}]
    return {
        "qom-list": lambda question: listed if question["path"] == "/machine" else None,
        "qom-get": lambda question: machine.get(question["property"]),
    }


def test_devices_have_their_properties_type_and_bus_by_key(q35):
    q35.answers |= qom(type="x")
    with q35 as guest:
        data = props.collect(session(guest)).data
    assert data["net0"] == {"@type": "virtio-net-pci", "@bus": "up0", "addr": "01.0", "mac": "52:54:00:00:00:01"}
    assert data["net0/virtio-net-device"]["speed"] == "4294967295"
    assert {"port0", "up0", "machine"} < set(data)


def test_the_machine_has_its_settings_as_text_but_not_the_time_or_what_cannot_be_read(q35):
    q35.answers |= qom(**MACHINE)
    with q35 as guest:
        machine = props.collect(session(guest)).data["machine"]
    assert machine == {
        "@type": "pc-q35-7.2-machine",
        "smm": "auto",
        "vmport": "true",
        "max-ram-below-4g": "0",
        "memory": "max-size=None,size=67108864,slots=1,2",
    }


def test_an_old_qemu_that_lists_no_properties_has_devices_alone(q35):
    with q35 as guest:
        assert props.collect(session(guest)).data["machine"] == {}


STATE = {
    "e1000": {"Name": "e1000", "Description": {
        "vmstate_name": "e1000", "name": "e1000", "version_id": 2, "minimum_version_id": 1, "Fields": [
            {"field": "eecd", "version_id": 0, "field_exists": False, "size": 4},
            {"field": "phy", "version_id": 0, "field_exists": False, "size": 2, "num": 32},
            {"field": "later", "version_id": 3, "field_exists": False, "size": 4},
        ], "Subsections": [{"name": "e1000/tso", "version_id": 1, "minimum_version_id": 1}]}},
    "plain": {"Name": "plain"},
}  # fmt: skip


def test_state_is_fields_as_they_are_sent_of_the_types_that_have_any():
    found = vmstate.describe_all(STATE)
    assert set(found) == {"e1000"}
    assert found["e1000"]["fields"] == ["eecd 4", "phy 2*32"]
    assert found["e1000"]["subsections"] == {
        "e1000/tso": {"name": "e1000/tso", "version": 1, "minimum": 1, "fields": []}
    }


def test_of_all_state_a_machine_has_that_of_its_types_and_the_reason_where_none_is_known():
    everything = Section(SectionStatus.OK, {"e1000": {"fields": []}, "rtl8139": {"fields": []}})
    assert vmstate.of_types(everything, {"e1000", "no-such"}).data == {"e1000": {"fields": []}}
    crashed = Section(SectionStatus.CRASHED, detail="signal 6")
    assert vmstate.of_types(crashed, {"e1000"}) == crashed
