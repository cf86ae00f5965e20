from pathlib import Path

import libvirtxml.model
import pytest
from libvirtxml import Domain, __dir__
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml.model import MODULES, ROOTS

from virtsmith.schema.lock import Lock
from virtsmith.schema.pipeline import DATA, find_drift


@pytest.mark.slow
def test_generated_code_is_what_the_facts_give():
    assert find_drift() == []


def test_every_class_can_be_used_and_is_exported():
    for name in MODULES:
        info = info_of(find_class(name))
        assert info.fields.keys() == info.ranks.keys()
        for field in info.fields.values():
            if field.kind.is_object:
                find_class(field.reference)
    assert {"Domain", "parse", "MAC"} <= set(__dir__())


def test_no_module_of_classes_is_too_long_to_read():
    package = Path(libvirtxml.model.__file__).parent
    lengths = {path: len(path.read_text().splitlines()) for path in package.rglob("*.py")}
    assert {path: n for path, n in lengths.items() if n > 900} == {}


def test_names_are_locked():
    lock = Lock.load(DATA / "lock.json")
    assert set(MODULES) <= set(lock.names.classes.values())
    assert lock.names.classes["/domain"] == Domain.__name__


def test_all_public_documents_are_modelled():
    assert set(ROOTS) == {
        "domain",
        "domainsnapshot",
        "domaincheckpoint",
        "domainbackup",
        "capabilities",
        "domainCapabilities",
        "cpu",
        "sysinfo",
        "network",
        "networkport",
        "filter",
        "filterbinding",
        "interface",
        "device",
        "secret",
        "pool",
        "storagepoolCapabilities",
        "volume",
    }
