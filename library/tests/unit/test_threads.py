"""Documents may be read from many threads at once, and the process is left as it was."""

import gc
import sys
import threading

import pytest
from libvirtxml import Domain
from xml_helpers.threads import MANY_DISKS, read_together


def test_shared_documents_are_read_from_eight_threads():
    assert read_together(8_000) == []


@pytest.mark.slow
def test_many_reads_leave_the_process_as_it_was():
    before = gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()
    assert read_together(100_000) == []
    assert (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()) == before


@pytest.mark.parametrize("enabled", [True, False])
def test_reading_and_writing_leave_the_garbage_collector_alone(monkeypatch, enabled):
    def touched(*_):
        raise AssertionError("the collector was switched")

    was_enabled = gc.isenabled()
    (gc.enable if enabled else gc.disable)()
    try:
        for name in ("enable", "disable", "freeze", "set_threshold"):
            monkeypatch.setattr(gc, name, touched)
        assert Domain.parse(MANY_DISKS).to_xml()
        assert gc.isenabled() is enabled
    finally:
        monkeypatch.undo()
        (gc.enable if was_enabled else gc.disable)()


def test_threads_that_look_at_an_absent_list_at_once_get_the_same():
    domain = Domain.parse("<domain type='kvm'><name>a</name><devices/></domain>")
    seen = []
    threads = [threading.Thread(target=lambda: seen.append(domain.devices.disks)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(disks) for disks in seen}) == 1
    assert vars(domain.devices) == {}


def test_a_reader_may_look_at_absent_lists_while_another_walks():
    devices = Domain.parse(MANY_DISKS).devices
    for _ in vars(devices):
        assert devices.tpms == devices.rngs == []
    assert list(vars(devices)) == ["emulator", "disks", "interfaces", "memballoon"]
    assert sys.getswitchinterval() > 1e-6
