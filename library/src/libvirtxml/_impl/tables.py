"""What the runtime knows of each class, made from the generated tables when a class is first used.

The tables of ``libvirtxml.model.domain.disk`` are in ``libvirtxml.model._tables.domain.disk``: ``CLASSES`` has its
classes, ``VALUES`` the texts that fields take, ``ORDER`` the order of children where libvirt's is not the schema's.

The row of a class is ``(tag, namespace, base, union, fields, type id, groups)``, where ``union`` is ``(attribute,
default, required, {value: class name})`` or None, ``groups`` are fields that exclude each other, and a field is
``(name, kind, key, codec, flags, reference)``:

=====  ======================================  ==================================
kind   is (see `FieldKind`)                    reference
=====  ======================================  ==================================
``a``  an attribute                            number of its `AllowedValues`, -1 for any
``d``  the attribute that a union goes by      value of this variant, or None
``t``  the element's own text                  as for ``a``
``l``  a child that holds only text            as for ``a``
``f``  an empty child                          None
``c``  a child with a class of its own         class name
``r``  children of any kind                    None
=====  ======================================  ==================================
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable
from copy import copy
from importlib import import_module
from typing import TYPE_CHECKING, Any

from libvirtxml._impl.kinds import FieldKind
from libvirtxml._impl.lists import MemberList, list_type_of
from libvirtxml._impl.raw import RawNode
from libvirtxml._impl.trees import shown
from libvirtxml._impl.values import AllowedValues, Codec, SwitchCodec, codec
from libvirtxml.errors import ModelError
from libvirtxml.model import MODULES

if TYPE_CHECKING:
    from libvirtxml._impl.element import Element

REQUIRED, MANY, TOLERATED, FILLED_IN = 1, 2, 4, 8
_KINDS = {kind.value: kind for kind in FieldKind}


def restored_list(owner: str, name: str, items: list[Any]) -> list[Any]:
    """A list of a field, from what `MemberList` is pickled as."""
    return info_of(find_class(owner)).fields[name].list_type(items)


class Field:
    """One field of a class; see the table in the module's docstring for ``kind`` and ``reference``."""

    __slots__ = (
        "_list_type", "allowed", "codec", "filled_in", "key", "kind", "many", "name", "owner", "reference", "required",
        "tolerated",
    )  # fmt: skip

    restored_list = staticmethod(restored_list)

    def __init__(self, row: tuple[Any, ...], values: list[Any], owner: str) -> None:
        self.owner = owner
        """The name of the class that declares it."""
        self._list_type: type[MemberList] | None = None
        self.name: str
        self.key: str
        self.name, kind, self.key, codec_name, flags, self.reference = row
        self.kind = _KINDS[kind]
        self.codec: Codec = codec(codec_name)
        self.required = bool(flags & REQUIRED)
        self.many = bool(flags & MANY)
        self.tolerated = bool(flags & TOLERATED)
        """There are valid documents without it: it is filled in, or the element has a smaller form that lacks it."""
        self.filled_in = bool(flags & FILLED_IN)
        """The schema requires it, but libvirt makes it up or has a default for it; constructors do without."""
        self.allowed: AllowedValues | None = None
        if self.kind.is_value and self.reference >= 0:
            allowed = values[self.reference]
            if not isinstance(allowed, AllowedValues):  # the table is shared: another thread may do the same
                allowed = values[self.reference] = AllowedValues(*allowed)
            self.allowed = allowed

    def store(self, value: Any, owner: str) -> Any:
        """A value given by a Python caller in the form in which it is kept.

        Raises:
            ModelError: it is of the wrong type, or the schema forbids it.
        """
        if not self.many:
            return self._store_one(value, owner)
        if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
            raise ModelError(f"{owner}.{self.name} is a list, got {type(value).__name__}")
        return self.list_type([self.store_member(item) for item in value])

    def store_member(self, value: Any) -> Any:
        """A value that is put into a list of the field, in the form in which it is kept.

        Raises:
            ModelError: as `store` does.
        """
        return self._store_one(value, self.owner)

    @property
    def list_type(self) -> type[MemberList]:
        """The class of its lists."""
        if self._list_type is None:
            self._list_type = list_type_of(self)
        return self._list_type

    def load(self, given: Any) -> Any:
        """A value that is not checked: text (a list of texts) as parsing would take it, or an object."""
        if not self.kind.is_value and not self.kind.is_discriminant:
            return self.list_type(given) if self.many else given
        return self.list_type([self.codec[item] for item in given]) if self.many else self.codec[given]

    def _store_one(self, value: Any, owner: str) -> Any:
        if self.kind.is_object:
            return self._store_object(value, owner)
        if self.kind.is_flag:
            if isinstance(value, bool):
                return value
            raise ModelError(f"{owner}.{self.name} is True or False, got {value!r}")
        if self.kind.is_discriminant:
            return self._store_discriminant(value, owner)
        if self.kind.is_nodes:
            return self._store_raw(value, owner)
        try:
            text = self.codec.encode(value)
        except TypeError as error:
            raise ModelError(f"{owner}.{self.name}: {error}") from error
        self.check_text(text, owner)
        return self.codec.store(value)

    def text_of(self, value: Any) -> str:
        """How a kept value is written."""
        return self.codec.words.get(value, str(value)) if isinstance(self.codec, SwitchCodec) else str(value)

    def check_text(self, text: str, owner: str) -> None:
        """Check a text against the schema.

        Raises:
            ModelError: the schema forbids it, or it cannot be written in XML at all.
        """
        if not is_xml_text(text):
            raise ModelError(f"{owner}.{self.name}: {quoted(text)} holds a character that XML forbids")
        if self.allowed is not None and text not in self.allowed:
            raise ModelError(f"{owner}.{self.name}: {quoted(text)} is not allowed", hint=self.expected(text))

    def expected(self, text: str = "") -> str:
        """What is allowed instead, in words."""
        from difflib import get_close_matches  # noqa: PLC0415 - rarely needed

        allowed = self.allowed
        if allowed is None:
            return "any text"
        close = get_close_matches(text, allowed.values, 1) if len(text) < 100 else []
        if close:
            return f"did you mean {close[0]!r}?"
        parts = [repr(value) for value in allowed.values[:30]]
        for base, patterns, low, high in allowed.datas:
            limits = f" from {low}" * (low is not None) + f" to {high}" * (high is not None)
            shape = f" like {patterns[0]}" if patterns and len(patterns[0]) < 80 else ""
            parts.append(base + limits + shape)
        return "one of " + ", ".join(parts) if len(parts) > 1 else f"must be {parts[0]}"

    def _store_object(self, value: Any, owner: str) -> Any:
        cls = find_class(self.reference)
        if isinstance(value, cls):
            return value
        what = f"{cls.__name__} objects" if self.many else cls.__name__
        message = f"{owner}.{self.name} takes {what}, got {type(value).__name__}"
        raise ModelError(message, hint=_place_of(owner, value) or _reader_of(cls, value))

    def _store_discriminant(self, value: Any, owner: str) -> Any:
        if value == self.reference:
            return value
        raise ModelError(f"{owner}.{self.name} cannot be changed: build another class instead")

    def _store_raw(self, value: Any, owner: str) -> Any:
        if isinstance(value, RawNode):
            return value
        raise ModelError(f"{owner}.{self.name} holds RawNode objects, got {type(value).__name__}")


def _reader_of(cls: type[Element], value: Any) -> str | None:
    """The method that makes an object of a value."""
    if isinstance(value, dict):
        return f"{cls.__name__}.from_dict(...) reads plain data"
    is_text = isinstance(value, (str, bytes))
    return f"{cls.__name__}.parse(...) reads XML" if is_text else None


def _place_of(owner: str, value: Any) -> str | None:
    """Where in a class a value belongs that is not what a field of it takes; None if nowhere."""
    info = info_of(find_class(owner)) if owner in MODULES else None
    for field in info.fields.values() if info else ():
        if field.kind.is_object and isinstance(value, find_class(field.reference)):
            return f"it belongs in {field.name}"
    return None


_ILLEGAL = frozenset(map(chr, [*range(0x20), 0xFFFE, 0xFFFF, *range(0xD800, 0xE000)])) - {"\t", "\n", "\r"}


def quoted(text: str) -> str:
    """A value for a message, cut if it is very long."""
    return repr(text) if len(text) <= 200 else f"{text[:200]!r}... ({len(text)} characters)"


def is_xml_text(text: str) -> bool:
    """Whether XML can hold a text: no control characters, no surrogates."""
    return text.isprintable() or _ILLEGAL.isdisjoint(text)


class ClassInfo:
    """A class with its fields in canonical order: attributes, text, children as libvirt writes them."""

    def __init__(self, cls: type[Element], row: tuple[Any, ...], fields: list[Field], order: tuple[str, ...]) -> None:
        self.cls = cls
        self.model = cls
        """The class of the model that it is, or derives from if it is a user's own."""
        self.declared: frozenset[str] = frozenset()
        """The attributes that a user's own class declares for itself: they are not fields, and not written."""
        self.tag: str
        """Without namespace; `name` has it."""
        self.namespace: str
        self.base: str | None
        self.path: str
        self.groups: tuple[tuple[str, ...], ...]
        self.tag, self.namespace, self.base, union, _, self.path, self.groups = row
        self.attribute: str | None
        self.default: str | None
        self.attribute_required: bool
        self.variants: dict[str, str]
        self.attribute, self.default, self.attribute_required, self.variants = union or (None, None, False, {})
        self.order = order
        """The children as libvirt writes them; a union has those of its variants too."""
        ranks = {name: i for i, name in enumerate(order)}
        fields.sort(key=lambda field: (_group(field.kind), ranks.get(field.name, len(ranks))))
        self.fields = {field.name: field for field in fields}
        self.ranks = {field.name: i for i, field in enumerate(fields)}
        self.by_key = {(("@" if f.kind.is_attribute else "") + f.key): f for f in fields}
        self.required = [f for f in fields if f.required and not (f.filled_in or f.kind.is_discriminant)]
        """What constructors need; but see `lacking`."""
        self.smaller = [f for f in self.required if f.tolerated]
        """What the schema's smaller form of the element lacks; empty if it has none."""
        self.implied = ""
        """The field of the attribute that need not be written, since this is the union's default variant."""
        self.text = next((field for field in fields if field.kind.is_text), None)
        """The field of the element's own text."""
        self.nodes = next((field for field in fields if field.kind.is_nodes), None)
        """The field of children of any sort."""

    def lacking(self, given: Collection[str]) -> list[Field]:
        """The fields that a constructor needs besides those that are given."""
        if self.variants:
            return []
        needed = [field for field in self.required if field.name not in given]
        return [field for field in needed if not field.tolerated] if self.is_smaller_form(given) else needed

    def is_smaller_form(self, given: Collection[str]) -> bool:
        """Whether the fields that are given make the smaller form that the schema has of the element.

        ``<backingStore/>``, without anything, ends a chain; ``<domain>`` with a UUID alone refers to one. A variant has
        no smaller form but the empty one: libvirt would overlook what else is in it.
        """
        if not self.smaller or any(field.name in given for field in self.smaller):
            return False
        return len([name for name in given if name in self.fields and name != self.implied]) <= (self.base is None)

    @property
    def name(self) -> str:
        """The tag as people write it."""
        return shown(f"{{{self.namespace}}}{self.tag}") if self.namespace else self.tag

    @property
    def discriminant(self) -> Field:
        """The field of the attribute that a union goes by."""
        return self.by_key[f"@{self.attribute}"]

    @property
    def abstract(self) -> bool:
        """Whether only its variants can be built."""
        return bool(self.variants) and (self.default is not None or self.attribute_required)


def _group(kind: FieldKind) -> int:
    """Attributes come first, then text, then children."""
    return 0 if kind.is_attribute else 1 if kind.is_text else 2


_infos: dict[type, ClassInfo] = {}
_classes: dict[str, type[Element]] = {}


def info_of(cls: type[Any]) -> ClassInfo:
    """The info of a class, made when it is first asked for."""
    found = _infos.get(cls)
    if found is None:
        found = _infos[cls] = _build_info(cls)
    return found


def find_class(name: str) -> type[Element]:
    """The class of a name.

    Raises:
        KeyError: there is none.
    """
    found = _classes.get(name)
    if found is None:
        module = import_module(f"libvirtxml.model.{MODULES[name]}")
        found = _classes[name] = getattr(module, name)
    return found


def model_class(cls: type) -> type[Element]:
    """The class of the model that a class is, or derives from: whatever module a user's own is in, and its name.

    Raises:
        ModelError: it does not derive from any.
    """
    for ancestor in cls.__mro__:
        name = ancestor.__name__
        if name in MODULES and (found := find_class(name)) is ancestor:
            return found
    raise ModelError(f"{cls.__name__} is not a class of the model", hint="derive from one: Domain, DiskFile ...")


def _annotated(cls: type) -> Iterable[str]:
    """The names that the body of a class annotates."""
    if sys.version_info >= (3, 14):
        from annotationlib import Format, get_annotations  # noqa: PLC0415 - rarely needed

        return get_annotations(cls, format=Format.FORWARDREF)
    from inspect import get_annotations  # noqa: PLC0415 - rarely needed

    return get_annotations(cls)


def _build_info(cls: type[Any]) -> ClassInfo:
    model = model_class(cls)
    if model is not cls:
        info = copy(info_of(model))
        info.cls = cls
        own = cls.__mro__[: cls.__mro__.index(model)]
        info.declared = frozenset(name for base in own for name in _annotated(base)) - info.fields.keys()
        return info
    name = cls.__name__
    tables = import_module(f"libvirtxml.model._tables.{MODULES[name]}")
    row = tables.CLASSES[name]
    _, _, base_name, _, field_rows, _, _ = row
    fields = {field.name: field for field in (Field(field_row, tables.VALUES, name) for field_row in field_rows)}
    if base_name is None:
        return ClassInfo(cls, row, list(fields.values()), tables.ORDER.get(name, ()))
    base = info_of(find_class(base_name))
    info = ClassInfo(cls, row, list((base.fields | fields).values()), base.order)
    if base.attribute and info.by_key[f"@{base.attribute}"].reference == base.default:
        info.implied = base.discriminant.name
    return info
