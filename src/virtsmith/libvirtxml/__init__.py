"""Typed models of all libvirt XML documents, which lose nothing.

`parse` reads a document, ``to_xml()`` writes it; each element has a class, each variant of an element (a file disk, a
network disk) a class of its own. The classes are generated from libvirt's RELAX NG schemas.

Example:
    >>> from virtsmith.libvirtxml import DiskFile, DiskFileSource, DiskTarget, parse
    >>> domain = parse("<domain type='kvm'><name>web</name><devices/></domain>")
    >>> domain.devices.disks.append(
    ...     DiskFile(source=DiskFileSource(file="/images/web.qcow2"), target=DiskTarget(dev="vda", bus="virtio"))
    ... )
    >>> print(domain.to_xml(), end="")
    <domain type='kvm'>
      <name>web</name>
      <devices>
        <disk type='file'>
          <source file='/images/web.qcow2'/>
          <target dev='vda' bus='virtio'/>
        </disk>
      </devices>
    </domain>
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from virtsmith.libvirtxml._compare import Difference as Difference
    from virtsmith.libvirtxml._compare import compare as compare
    from virtsmith.libvirtxml._data import from_dict as from_dict
    from virtsmith.libvirtxml._data import from_json as from_json
    from virtsmith.libvirtxml._data import from_yaml as from_yaml
    from virtsmith.libvirtxml._diff import Change as Change
    from virtsmith.libvirtxml._diff import ChangeKind as ChangeKind
    from virtsmith.libvirtxml._diff import diff as diff
    from virtsmith.libvirtxml._diff import requested_vs_actual as requested_vs_actual
    from virtsmith.libvirtxml._document import parse as parse
    from virtsmith.libvirtxml._element import Element as Element
    from virtsmith.libvirtxml._errors import DataError as DataError
    from virtsmith.libvirtxml._errors import ModelError as ModelError
    from virtsmith.libvirtxml._errors import XMLError as XMLError
    from virtsmith.libvirtxml._fragments import parse_any as parse_any
    from virtsmith.libvirtxml._jsonschema import json_schema as json_schema
    from virtsmith.libvirtxml._problems import Problem as Problem
    from virtsmith.libvirtxml._python import to_script as to_script
    from virtsmith.libvirtxml._raw import Extra as Extra
    from virtsmith.libvirtxml._raw import RawNode as RawNode
    from virtsmith.libvirtxml._validate import validate as validate
    from virtsmith.libvirtxml._values import MAC as MAC
    from virtsmith.libvirtxml._values import CPUSet as CPUSet
    from virtsmith.libvirtxml._values import Spelled as Spelled
    from virtsmith.libvirtxml.model._all import *  # noqa: F403

_OWN = {
    "CPUSet": "_values",
    "Change": "_diff",
    "ChangeKind": "_diff",
    "DataError": "_errors",
    "Difference": "_compare",
    "Element": "_element",
    "Extra": "_raw",
    "MAC": "_values",
    "ModelError": "_errors",
    "Problem": "_problems",
    "RawNode": "_raw",
    "Spelled": "_values",
    "XMLError": "_errors",
    "compare": "_compare",
    "diff": "_diff",
    "from_dict": "_data",
    "from_json": "_data",
    "from_yaml": "_data",
    "json_schema": "_jsonschema",
    "parse": "_document",
    "parse_any": "_fragments",
    "requested_vs_actual": "_diff",
    "to_script": "_python",
    "validate": "_validate",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for, so that importing the package costs nothing."""
    if name in _OWN:
        found = getattr(import_module(f"virtsmith.libvirtxml.{_OWN[name]}"), name)
    else:
        from virtsmith.libvirtxml.model import MODULES  # noqa: PLC0415 - generated; loaded when first needed

        if name not in MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        found = getattr(import_module(f"virtsmith.libvirtxml.model.{MODULES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    from virtsmith.libvirtxml.model import MODULES  # noqa: PLC0415 - generated; loaded when first needed

    return sorted([*_OWN, *MODULES])
