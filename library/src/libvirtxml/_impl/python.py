"""Documents as Python: an expression of constructor calls that builds just this document.

What the schema allows is plain keywords. What it forbids, and what the model does not know, is in the `Extra` of
its element, as does the order of children that is not the usual one.
"""

from __future__ import annotations

from typing import Any

from libvirtxml._impl.base import is_element, values_of
from libvirtxml._impl.document import self_contained
from libvirtxml._impl.element import Element
from libvirtxml._impl.problems import present
from libvirtxml._impl.raw import Extra, RawNode
from libvirtxml._impl.sequence import current_sequence
from libvirtxml._impl.tables import ClassInfo, Field, info_of
from libvirtxml._impl.trees import prefix_of
from libvirtxml.errors import ModelError
from libvirtxml.values import Spelled, parse_integer

_WIDTH = 100


def to_python(element: Element) -> str:
    """An expression that builds an element equal to this one, and the same XML.

    Example:
        >>> from libvirtxml import DiskFile
        >>> print(to_python(DiskFile.parse("<disk type='file'><target dev='vda' bus='virtio'/></disk>")))
        DiskFile(target=DiskTarget(dev='vda', bus='virtio'))
    """
    return _Printer().object(self_contained(element), "")


def to_script(element: Element, name: str = "document") -> str:
    """A piece of Python that imports what it needs and assigns the element to a variable."""
    printer = _Printer()
    expression = printer.object(self_contained(element), "")
    names = sorted(printer.names)
    imports = f"from libvirtxml import {', '.join(names)}\n"
    if len(imports) > _WIDTH:
        imports = "from libvirtxml import (\n" + "".join(f"    {text},\n" for text in names) + ")\n"
    return f"{imports}\n{name} = {expression}\n"


class _Printer:
    """Prints objects, and notes the names that what it printed uses."""

    def __init__(self) -> None:
        self.names: set[str] = set()

    def object(self, element: Element, indent: str) -> str:
        """An element as a constructor call."""
        info = info_of(type(element))
        cls = info.model
        self.names.add(cls.__name__)
        inner = indent + "    "
        arguments: list[str] = []
        unchecked: dict[str, str] = {}
        values = values_of(element)
        surplus = {name for group in info.groups for name in present(group, values)[1:]}
        for name, value in values.items():
            field = info.fields.get(name)
            if field is None or value == []:
                continue
            if field.kind.is_discriminant:
                if value != field.reference:
                    unchecked[name] = repr(str(value))
            elif field.kind.is_value and (name in surplus or _is_forbidden(field, value, cls.__name__)):
                texts = [field.text_of(item) for item in (value if field.many else [value])]
                unchecked[name] = repr(texts if field.many else texts[0])
            elif name in surplus:
                unchecked[name] = self.value(field, value, inner + "    ")
            else:
                arguments.append(f"{name}={self.value(field, value, inner)}")
        unchecked |= {field.name: "None" for field in info.lacking(values)}
        unchecked |= {
            f.name: "None" for f in info.fields.values() if f.name not in values and _is_added(f, info, values)
        }
        if rest := self.rest(element, info, unchecked, inner):
            arguments.append(f"extra={rest}")
        return _call(cls.__name__, arguments, indent)

    def value(self, field: Field, value: Any, indent: str) -> str:
        """The value of a field."""
        if not field.many:
            return self.one(field, value, indent)
        return _bracket("[", [self.one(field, item, indent + "    ") for item in value], "]", indent)

    def one(self, field: Field, value: Any, indent: str) -> str:
        """One value of a field."""
        if is_element(value):
            return self.object(value, indent)
        if isinstance(value, RawNode):
            return self.node(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return self.number(field, value)
        return repr(str(value)) if isinstance(value, str) else repr(value)

    def number(self, field: Field, value: int) -> str:
        """A number: plain if libvirt would spell it so, else with its spelling."""
        if str(field.codec.store(int(value))) == str(value):
            return _literal(field, value)
        self.names.add("Spelled")
        raw = str(value)
        if parse_integer(raw, 0) == value:
            return f"Spelled({raw!r})"
        return f"Spelled({raw!r}, {getattr(field.codec, 'base', 10)})"

    def node(self, node: RawNode) -> str:
        """A raw node."""
        self.names.add("RawNode")
        return repr(node)

    def rest(self, element: Element, info: ClassInfo, unchecked: dict[str, str], indent: str) -> str:
        """What is not in the fields, as an `Extra`; empty if there is nothing of it."""
        extra = element.extra or Extra()
        usual = f"{prefix_of(info.namespace)}:{info.tag}" if info.namespace else None
        inner = indent + "    "
        arguments = [f"attributes={extra.attributes!r}"] if extra.attributes else []
        if sequence := _sequence(element, info):
            arguments.append(f"sequence={_bracket('[', [self.item(item) for item in sequence], ']', inner)}")
        if extra.tag and extra.tag != (usual or info.tag):
            arguments.append(f"tag={extra.tag!r}")
        around = {name: nodes for name in ("before", "after") if (nodes := getattr(extra, name))}
        arguments.extend(
            f"{name}={_bracket('[', [self.node(node) for node in nodes], ']', inner)}" for name, nodes in around.items()
        )
        if unchecked:
            parts = [f"{name!r}: {text}" for name, text in unchecked.items()]
            arguments.append(f"unchecked={_bracket('{', parts, '}', inner)}")
        if not arguments:
            return ""
        self.names.add("Extra")
        return _call("Extra", arguments, indent)

    def item(self, item: Any) -> str:
        """An item of a sequence."""
        if isinstance(item, RawNode):
            return self.node(item)
        if isinstance(item, tuple):
            return f"({item[0]!r}, {self.node(item[1])})"
        return repr(item)


def _literal(field: Field, value: int) -> str:
    """A number as Python writes it, in the base in which libvirt does."""
    base = getattr(field.codec, "base", 10)
    if base == 8 and value > 0:
        return f"{int(value):#o}"
    raw = str(value)
    return raw if raw.startswith("0x") and parse_integer(raw, 0) == value else repr(int(value))


def _is_forbidden(field: Field, value: Any, owner: str) -> bool:
    """Whether a constructor would refuse a value, or keep another spelling of it."""
    for item in value if field.many else [value]:
        if isinstance(item, int) and not isinstance(item, (bool, Spelled)):
            item = Spelled.of(item, str(item))  # noqa: PLW2901 - as it was written, which need not be as libvirt would
        try:
            kept = field._store_one(item, owner)  # noqa: SLF001 - the runtime's own
        except ModelError:
            return True
        if str(kept) != str(item):
            return True
    return False


def _is_added(field: Field, info: ClassInfo, values: dict[str, Any]) -> bool:
    """Whether a constructor would add a field that is absent, or refuse to choose a value for it."""
    if not field.kind.is_discriminant or (field.name == info.implied and info.is_smaller_form(values)):
        return False
    return field.reference is not None or (info.abstract and bool(info.variants))


def _sequence(element: Element, info: ClassInfo) -> list[Any]:
    """The order of children where it is not the usual one, without repetitions that say nothing."""
    sequence = current_sequence(element)
    values = element.__dict__
    if not sequence:
        names = [name for name, value in values.items() if name in info.fields and value != []]
        sequence = [name for name in names if info.fields[name].kind.is_child]
        ranks = [info.ranks[name] for name in sequence]
        return [] if ranks == sorted(ranks) or info.nodes else sequence
    return [item for i, item in enumerate(sequence) if not _is_implied(item, sequence, i)]


def _is_implied(item: Any, sequence: list[Any], place: int) -> bool:
    """Whether an item repeats the one before it, and nothing of its kind follows elsewhere."""
    if not isinstance(item, str) or not place or sequence[place - 1] != item:
        return False
    rest = place
    while rest < len(sequence) and sequence[rest] == item:
        rest += 1
    later = any(entry == item or (isinstance(entry, tuple) and entry[0] == item) for entry in sequence[rest:])
    return not later and not any(isinstance(entry, tuple) and entry[0] == item for entry in sequence[:place])


def _call(name: str, arguments: list[str], indent: str) -> str:
    return name + _bracket("(", arguments, ")", indent)


def _bracket(opening: str, parts: list[str], closing: str, indent: str) -> str:
    """Parts on one line if they fit, else on a line each."""
    line = f"{opening}{', '.join(parts)}{closing}"
    if len(indent) + len(line) <= _WIDTH - 20 and "\n" not in line:
        return line
    if not parts:
        return opening + closing
    inner = indent + "    "
    return f"{opening}\n" + "".join(f"{inner}{part},\n" for part in parts) + f"{indent}{closing}"
