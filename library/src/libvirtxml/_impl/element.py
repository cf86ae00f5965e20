"""The base class of the model: plain objects whose fields are the attributes and children of an XML element.

What converts elements is imported when it is first needed: most programs need little of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from libvirtxml._impl.base import ElementBase
from libvirtxml._impl.problem import Problem

if TYPE_CHECKING:
    from libvirtxml._impl.raw import Extra


Own = TypeVar("Own", bound="Element")
"""The class that a method is called on. ``Self`` means the same, but jedi, which completes in many editors and in
IPython, does not know it."""


class Element(ElementBase):
    """An XML element of a libvirt document.

    Fields are given by keyword, and are checked against libvirt's schema when they are given or assigned. What a
    parsed document held beyond the model - unknown elements and attributes, comments, the order of children - is
    kept and written again; `unknown` and `problems` report it.
    """

    if TYPE_CHECKING:  # a field for checkers: a keyword of every constructor
        extra: Extra | None = None
        """What the element holds beyond its fields, or None."""

    @classmethod
    def parse(cls: type[Own], source: Any) -> Own:  # noqa: PYI019 - see `Own`
        """Read a document or fragment that is known to be of this class; see `libvirtxml.parse`.

        Raises:
            XMLError: it is not well-formed, or its root is another element.
        """
        from libvirtxml._impl.document import parse  # noqa: PLC0415 - see the module's text

        return parse(source, cls)

    def to_xml(self, *, indent: bool = True) -> str:
        """The element as XML, laid out as libvirt does, or on one line."""
        from libvirtxml._impl.document import to_xml  # noqa: PLC0415 - see the module's text

        return to_xml(self, compact=not indent)

    def to_dict(self) -> dict[str, Any]:
        """The element as plain data: dictionaries, lists, strings, numbers and booleans, by field name."""
        from libvirtxml._impl.data import to_dict  # noqa: PLC0415 - see the module's text

        return to_dict(self)

    @classmethod
    def from_dict(cls: type[Own], data: dict[str, Any]) -> Own:  # noqa: PYI019 - see `Own`
        """The element of plain data; see `libvirtxml.from_dict`.

        Raises:
            DataError: the data is not that of such an element.
        """
        from libvirtxml._impl.data import from_dict  # noqa: PLC0415 - see the module's text

        return from_dict(data, cls)

    def to_json(self, *, indent: int | None = 2) -> str:
        """The element as JSON; ``indent=None`` puts it on one line."""
        from libvirtxml._impl.data import to_json  # noqa: PLC0415 - see the module's text

        return to_json(self, indent=indent)

    @classmethod
    def from_json(cls: type[Own], text: str | bytes) -> Own:  # noqa: PYI019 - see `Own`
        """Read JSON, as `to_json` writes it.

        Raises:
            DataError: it is not JSON, or not that of such an element.
        """
        from libvirtxml._impl.data import from_json  # noqa: PLC0415 - see the module's text

        return from_json(text, cls)

    def to_yaml(self) -> str:
        """The element as YAML.

        Raises:
            MissingError: ruamel.yaml, the ``yaml`` extra, is not installed.
        """
        from libvirtxml._impl.data import to_yaml  # noqa: PLC0415 - see the module's text

        return to_yaml(self)

    @classmethod
    def from_yaml(cls: type[Own], text: str | bytes) -> Own:  # noqa: PYI019 - see `Own`
        """Read YAML, as `to_yaml` writes it.

        Raises:
            DataError: it is not YAML, or not that of such an element.
            MissingError: ruamel.yaml, the ``yaml`` extra, is not installed.
        """
        from libvirtxml._impl.data import from_yaml  # noqa: PLC0415 - see the module's text

        return from_yaml(text, cls)

    def to_python(self) -> str:
        """A Python expression that builds this element, and writes the same XML."""
        from libvirtxml._impl.python import to_python  # noqa: PLC0415 - see the module's text

        return to_python(self)

    def unknown(self) -> list[Problem]:
        """What the element and its children hold that the model does not know, with the path of each."""
        from libvirtxml._impl.problems import unknown_content  # noqa: PLC0415 - see the module's text

        return unknown_content(self)

    def problems(self) -> list[Problem]:
        """What is wrong with the element and its children.

        Values and combinations that libvirt's schema forbids, required parts that are missing, and what keeps libvirt
        from defining the document whatever its schema says, see `libvirtxml.definition`.
        """
        from libvirtxml._impl.definition.problems import all_problems  # noqa: PLC0415 - see the module's text

        return all_problems(self)
