"""Typed models of all libvirt XML documents, which lose nothing.

`parse` reads a document, ``to_xml()`` writes it; each element has a class, each variant of an element (a file disk, a
network disk) a class of its own. The classes are generated from libvirt's RELAX NG schemas.

Example:
    >>> from libvirtxml import DiskFile, DiskFileSource, DiskTarget, Domain
    >>> domain = Domain.parse("<domain type='kvm'><name>web</name><devices/></domain>")
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
    from libvirtxml._impl.compare import XMLDifference as XMLDifference
    from libvirtxml._impl.compare import compare as compare
    from libvirtxml._impl.data import from_dict as from_dict
    from libvirtxml._impl.data import from_json as from_json
    from libvirtxml._impl.data import from_yaml as from_yaml
    from libvirtxml._impl.diff import Change as Change
    from libvirtxml._impl.diff import ChangeKind as ChangeKind
    from libvirtxml._impl.diff import diff as diff
    from libvirtxml._impl.diff.report import changes_as_markdown as changes_as_markdown
    from libvirtxml._impl.diff.report import changes_as_text as changes_as_text
    from libvirtxml._impl.document import parse as parse
    from libvirtxml._impl.edit import Edit as Edit
    from libvirtxml._impl.edit import EditError as EditError
    from libvirtxml._impl.edit import edit as edit
    from libvirtxml._impl.edit.change import apply as apply
    from libvirtxml._impl.edit.layout import check_same_content as check_same_content
    from libvirtxml._impl.edit.layout import format_xml as format_xml
    from libvirtxml._impl.edit.look import PathValue as PathValue
    from libvirtxml._impl.edit.look import get as get
    from libvirtxml._impl.element import Element as Element
    from libvirtxml._impl.forms import convert as convert
    from libvirtxml._impl.forms import load_any as load_any
    from libvirtxml._impl.fragments import find_type as find_type
    from libvirtxml._impl.fragments import parse_any as parse_any
    from libvirtxml._impl.jsonschema import json_schema as json_schema
    from libvirtxml._impl.outline import outline as outline
    from libvirtxml._impl.paths import NothingThereError as NothingThereError
    from libvirtxml._impl.paths import PathError as PathError
    from libvirtxml._impl.paths import split_assignment as split_assignment
    from libvirtxml._impl.paths import to_dotted as to_dotted
    from libvirtxml._impl.paths import to_xpath as to_xpath
    from libvirtxml._impl.problem import Problem as Problem
    from libvirtxml._impl.problems import check_sizes as check_sizes
    from libvirtxml._impl.python import to_script as to_script
    from libvirtxml._impl.raw import Extra as Extra
    from libvirtxml._impl.raw import RawNode as RawNode
    from libvirtxml._impl.roundtrip import RoundTrip as RoundTrip
    from libvirtxml._impl.roundtrip import find_documents as find_documents
    from libvirtxml._impl.roundtrip import round_trip as round_trip
    from libvirtxml._impl.schema_validation import find_schemas as find_schemas
    from libvirtxml._impl.subclasses import Subclasses as Subclasses
    from libvirtxml._impl.validate import validate as validate
    from libvirtxml.errors import DataError as DataError
    from libvirtxml.errors import LibvirtXMLError as LibvirtXMLError
    from libvirtxml.errors import ModelError as ModelError
    from libvirtxml.errors import NothingFreeError as NothingFreeError
    from libvirtxml.errors import SizeError as SizeError
    from libvirtxml.errors import XMLError as XMLError
    from libvirtxml.model._all import *  # noqa: F403
    from libvirtxml.model.documents import AnyDocument as AnyDocument
    from libvirtxml.topology import Topology as Topology
    from libvirtxml.values import MAC as MAC
    from libvirtxml.values import CPUSet as CPUSet
    from libvirtxml.values import Spelled as Spelled

__version__ = "12.8.0"
"""The newest libvirt release whose schemas the model knows; a later edition for the same release is a ``.postN``."""

_OWN = {
    "AnyDocument": "model.documents",
    "CPUSet": "values",
    "Change": "_impl.diff",
    "ChangeKind": "_impl.diff",
    "DataError": "errors",
    "XMLDifference": "_impl.compare",
    "Edit": "_impl.edit",
    "EditError": "_impl.edit",
    "Element": "_impl.element",
    "Extra": "_impl.raw",
    "PathValue": "_impl.edit.look",
    "LibvirtXMLError": "errors",
    "MAC": "values",
    "ModelError": "errors",
    "NothingFreeError": "errors",
    "NothingThereError": "_impl.paths",
    "PathError": "_impl.paths",
    "Problem": "_impl.problem",
    "RawNode": "_impl.raw",
    "RoundTrip": "_impl.roundtrip",
    "SizeError": "errors",
    "Spelled": "values",
    "Subclasses": "_impl.subclasses",
    "Topology": "topology",
    "XMLError": "errors",
    "apply": "_impl.edit.change",
    "changes_as_markdown": "_impl.diff.report",
    "changes_as_text": "_impl.diff.report",
    "check_same_content": "_impl.edit.layout",
    "check_sizes": "_impl.problems",
    "compare": "_impl.compare",
    "convert": "_impl.forms",
    "diff": "_impl.diff",
    "edit": "_impl.edit",
    "find_documents": "_impl.roundtrip",
    "find_schemas": "_impl.schema_validation",
    "find_type": "_impl.fragments",
    "format_xml": "_impl.edit.layout",
    "from_dict": "_impl.data",
    "from_json": "_impl.data",
    "from_yaml": "_impl.data",
    "get": "_impl.edit.look",
    "json_schema": "_impl.jsonschema",
    "load_any": "_impl.forms",
    "outline": "_impl.outline",
    "parse": "_impl.document",
    "parse_any": "_impl.fragments",
    "round_trip": "_impl.roundtrip",
    "split_assignment": "_impl.paths",
    "to_dotted": "_impl.paths",
    "to_script": "_impl.python",
    "to_xpath": "_impl.paths",
    "validate": "_impl.validate",
}


if not TYPE_CHECKING:  # checkers know the names above, and so notice one that is wrong

    def __getattr__(name: str) -> Any:
        """Import what is asked for, so that importing the package costs nothing."""
        if name == "__all__":  # which `from libvirtxml import *` asks for
            return __dir__()
        if name in _OWN:
            found = getattr(import_module(f"libvirtxml.{_OWN[name]}"), name)
        elif not name[:1].isupper():  # a module, which Python asks for here first; classes of the model are capitalised
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        else:
            from libvirtxml.model import MODULES, UNIONS  # noqa: PLC0415 - generated; loaded when first needed

            module = MODULES.get(name) or UNIONS.get(name)
            if module is None:
                raise AttributeError(_no_such_name(name))
            found = getattr(import_module(f"libvirtxml.model.{module}"), name)
        globals()[name] = found
        return found


def _no_such_name(name: str) -> str:
    """The message for a class that does not exist, with the one that was probably meant."""
    from difflib import get_close_matches  # noqa: PLC0415 - rarely needed

    by_letters = {other.lower(): other for other in __dir__()}
    close = get_close_matches(name.lower(), by_letters, 1, cutoff=0.75)
    hint = f", did you mean {by_letters[close[0]]!r}?" if close else ""
    return f"module {__name__!r} has no attribute {name!r}{hint}"


def __dir__() -> list[str]:
    from libvirtxml.model import MODULES, UNIONS  # noqa: PLC0415 - generated; loaded when first needed

    return sorted([*_OWN, *MODULES, *UNIONS])
