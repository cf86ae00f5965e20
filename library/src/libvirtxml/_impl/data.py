"""Documents as plain data - dictionaries, lists, strings, numbers - and so as JSON and YAML, without any loss.

A plain document has field names only. The keys that begin with ``$`` hold the rest:

=================  ==================================================================================================
``$class``         the class of the root
``$xmlns``         namespaces that the element declares: prefix (empty for the default) to URI
``$attributes``    unknown attributes
``$tag``           the element's name as written, if libvirt would use another prefix
``$sequence``      the order of the children, where the fields do not give it: field names, XML nodes that the model
                   does not know (comments among them), ``{text}`` where none belongs, and ``{field, xml}`` for a
                   plain field that was written with more than its value
``$before``        comments, processing instructions and a document type before the root element; ``$after`` what
                   is behind it
=================  ==================================================================================================

A number means the spelling that libvirt gives it; a number that was written in another way is a string with just
that spelling. So ``"bus": "0x1f"`` and ``"bus": 31`` are the same number. Variants of a union are distinguished by the
field of the attribute that the union goes by.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar, overload

from libvirtxml._impl.base import is_element, values_of
from libvirtxml._impl.bounds import check_expanded, check_json, check_nodes
from libvirtxml._impl.discriminants import why_another, with_article
from libvirtxml._impl.document import self_contained
from libvirtxml._impl.element import Element
from libvirtxml._impl.kinds import FieldKind
from libvirtxml._impl.raw import Extra, RawNode
from libvirtxml._impl.read import EXTRA
from libvirtxml._impl.sequence import current_sequence, remember_members
from libvirtxml._impl.tables import ClassInfo, Field, find_class, info_of, is_xml_text, model_class
from libvirtxml._impl.trees import MAX_DEPTH, Scope, prefix_of
from libvirtxml.errors import DataError, MissingError, XMLError
from libvirtxml.limits import check_size

_ESCAPED_IN_YAML = re.compile("[\r\x7f-\x9f\u2028\u2029\ufeff]")
_SAFE_INTEGER = 2**53 - 1
"""Beyond this, JavaScript and others that read JSON numbers as floats lose digits: such numbers become strings."""

AnyElement = TypeVar("AnyElement", bound="Element")


# --- objects to data ------------------------------------------------------------------------------------------------


def to_dict(element: Element) -> dict[str, Any]:
    """An element as plain data; see the module's text for its form."""
    return {"$class": type_of(element).__name__, **_dump_object(self_contained(element), Scope())}


def to_data(field: Field, value: Any) -> Any:
    """One value of a field as plain data."""
    return _dump_value(field, self_contained(value) if is_element(value) else value, Scope())


def type_of(element: Element) -> type[Element]:
    """The class of the model that an element belongs to: for the variant of a union, the union."""
    info = info_of(type(element))
    while info.base is not None:
        info = info_of(find_class(info.base))
    return info.model


def _dump_object(element: Element, scope: Scope) -> dict[str, Any]:
    info = info_of(type(element))
    data: dict[str, Any] = {}
    if element.extra is not None:
        data, scope = _dump_extra(element.extra, current_sequence(element), info, scope)
    elif info.namespace:
        data["$tag"] = info.tag
    for name, value in values_of(element).items():
        if name != EXTRA and value != []:
            field = info.fields[name]
            items = [_dump_value(field, item, scope) for item in (value if field.many else [value])]
            data[name] = items if field.many else items[0]
    return data


def _dump_value(field: Field, value: Any, scope: Scope) -> Any:
    if field.kind.is_object:
        return _dump_object(value, scope)
    if field.kind.is_nodes:
        return _dump_node(value, scope)
    if isinstance(value, bool):
        return value
    if isinstance(value, int) and abs(value) <= _SAFE_INTEGER:
        number = int(value)
        return number if str(field.codec.store(number)) == str(value) else str(value)
    return str(value)


def _dump_node(node: RawNode, scope: Scope) -> Any:
    if node.kind == "text":
        return {"text": node.text}
    known = all(scope.get(prefix) == uri for prefix, uri in node.namespaces.items())
    return node.to_inner_string() if known else node.to_string()


def _dump_extra(extra: Extra, sequence: list[Any], info: ClassInfo, scope: Scope) -> tuple[dict[str, Any], Scope]:
    unknown = extra.unknown_attributes()
    declared = {name[6:]: uri for name, uri in extra.attributes.items() if name not in unknown}
    scope = scope.inside(declared)
    parts = {
        "$xmlns": declared,
        "$tag": extra.tag if extra.tag != (_usual_tag(info) or info.tag) else None,
        "$attributes": unknown,
        "$before": [_dump_node(node, scope) for node in extra.before],
        "$sequence": [_dump_item(item, scope) for item in sequence],
        "$after": [_dump_node(node, scope) for node in extra.after],
    }
    return {key: part for key, part in parts.items() if part}, scope


def _dump_item(item: Any, scope: Scope) -> Any:
    if isinstance(item, RawNode):
        return _dump_node(item, scope)
    if isinstance(item, tuple):
        return {"field": item[0], "xml": _dump_node(item[1], scope)}
    return item


def _usual_tag(info: ClassInfo) -> str | None:
    return f"{prefix_of(info.namespace)}:{info.tag}" if info.namespace else None


# --- data to objects ------------------------------------------------------------------------------------------------


@overload
def from_dict(data: Any) -> Element: ...
@overload
def from_dict(data: Any, cls: type[AnyElement]) -> AnyElement: ...
def from_dict(data: Any, cls: type[Element] | None = None) -> Element:
    """An element from plain data, as `to_dict` gives it.

    As with XML, a value that the schema forbids is taken, and reported by ``problems()``.

    Args:
        data: the data; its ``$class`` says what it is.
        cls: what it must be; needed where ``$class`` is absent.

    Raises:
        DataError: the data is not that of an element: unknown fields, wrong types, broken XML in it.
    """
    if not isinstance(data, dict):
        raise DataError(f"a document is an object with fields, got {_type_name(data)}")
    named = data.get("$class")
    if named is None and cls is None:
        raise DataError("the document does not name its class", hint='put "$class": "Domain" into it, for instance')
    own_class = _named_class(named) if named is not None else cls
    assert own_class is not None  # noqa: S101 - one of the two is given
    body = {key: value for key, value in data.items() if key != "$class"}
    if reason := why_another(own_class, body):
        raise DataError(reason)
    element = _load_object(own_class, body, "$", Scope(), 1)
    if cls is not None and type(element) is model_class(cls):
        element = _as_class(element, cls)
    if cls is not None and not isinstance(element, cls):
        raise DataError(f"this is {with_article(type(element).__name__)}, not {with_article(cls.__name__)}")
    return element


def _as_class(element: Element, cls: type[Element]) -> Element:
    """An element of the model as one of a class that derives from its own: a user's, which adds methods, not fields."""
    result = object.__new__(cls)
    result.__dict__.update(element.__dict__)
    return result


def _named_class(name: Any) -> type[Element]:
    try:
        return find_class(name)
    except (KeyError, TypeError):
        raise DataError(f"$class: no class of the model is called {name!r}") from None


def _load_object(cls: type[Element], data: Any, path: str, scope: Scope, depth: int) -> Element:
    if not isinstance(data, dict):
        raise DataError(f"{path}: expected an object with fields, got {_type_name(data)}")
    if depth > MAX_DEPTH:
        raise DataError(f"{path}: elements nest too deeply")
    cls = _variant(cls, data)
    info = info_of(cls)
    element = object.__new__(cls)
    values = element.__dict__
    special = {key: value for key, value in data.items() if isinstance(key, str) and key.startswith("$")}
    if special or info.namespace:
        extra, scope = _load_extra(special, info, path, scope)
        if extra:
            values[EXTRA] = extra
    for key, value in data.items():
        if key in special:
            continue
        field = info.fields.get(key)
        if field is None:
            raise DataError(f"{path}: {cls.__name__} has no field {key!r}", hint=_fields_hint(info, key))
        where = f"{path}.{key}"
        if not field.many:
            values[key] = _load_value(field, value, where, scope, depth)
        elif isinstance(value, list):
            items = [_load_value(field, item, f"{where}[{i}]", scope, depth) for i, item in enumerate(value)]
            if items:
                values[key] = field.list_type(items)
        else:
            raise DataError(f"{where}: expected a list, got {_type_name(value)}")
        if field.kind.is_flag and values[key] is False:
            del values[key]
    _sort_attributes_first(values, info)
    remember_members(values.get(EXTRA), values, info)
    return element


def _sort_attributes_first(values: dict[str, Any], info: ClassInfo) -> None:
    """Put attributes and text before children, as writers need them, whatever the order of the data."""
    late = [name for name in values if name != EXTRA and info.fields[name].kind.is_child]
    for name in late:
        values[name] = values.pop(name)
    if info.text is not None and info.text.name in values:
        for name in [info.text.name, *late]:
            values[name] = values.pop(name)


def _variant(cls: type[Element], data: dict[str, Any]) -> type[Element]:
    """The variant of a union that the data is of, or the union itself where none fits."""
    while (info := info_of(cls)).variants:
        value = data.get(info.discriminant.name, info.default)
        if not isinstance(value, str) or value not in info.variants:
            break
        cls = find_class(info.variants[value])
    return cls


def _load_value(field: Field, value: Any, path: str, scope: Scope, depth: int) -> Any:
    if field.kind.is_object:
        return _load_object(find_class(field.reference), value, path, scope, depth + 1)
    if field.kind.is_nodes:
        return _load_node(value, path, scope)
    if isinstance(value, bool):
        if field.kind.is_flag or field.codec.python == "bool":
            return value
    elif isinstance(value, str) and not field.kind.is_flag:
        if not is_xml_text(value):
            raise DataError(f"{path}: {value[:60]!r} holds a character that XML forbids")
        return field.codec[value]
    elif isinstance(value, int) and field.codec.python == "int":
        return field.codec.store(value)
    expected = "true" if field.kind.is_flag else field.codec.python
    raise DataError(f"{path}: expected {expected}, got {_type_name(value)}")


def _load_node(value: Any, path: str, scope: Scope) -> RawNode:
    if isinstance(value, str):
        try:
            return RawNode.from_string(value, scope)
        except XMLError as error:
            raise DataError(f"{path}: {error.reason}") from error
    if isinstance(value, dict) and value.keys() == {"text"} and isinstance(value["text"], str):
        if is_xml_text(value["text"]):
            return RawNode.from_text(value["text"])
        raise DataError(f"{path}: text holds a character that XML forbids")
    raise DataError(f"{path}: expected a string of XML, got {_type_name(value)}")


def _load_extra(special: dict[str, Any], info: ClassInfo, path: str, scope: Scope) -> tuple[Extra, Scope]:
    unknown = special.keys() - {"$xmlns", "$tag", "$attributes", "$before", "$sequence", "$after"}
    if unknown:
        raise DataError(f"{path}: unknown key {min(unknown)!r}")
    declared = _load_texts(special.get("$xmlns", {}), f"{path}.$xmlns")
    scope = scope.inside(declared)
    attributes = {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in declared.items()}
    attributes |= _load_texts(special.get("$attributes", {}), f"{path}.$attributes")
    if taken := attributes.keys() & {field.key for field in info.fields.values() if field.kind.is_attribute}:
        raise DataError(f"{path}.$attributes: {min(taken)!r} is a field")
    for name in attributes:
        prefix = name.partition(":")[0] if ":" in name else ""
        if prefix not in scope and prefix not in ("", "xml", "xmlns"):
            raise DataError(f"{path}.$attributes: unbound prefix: {prefix}")
    items = [
        _load_item(item, info, f"{path}.$sequence[{i}]", scope)
        for i, item in enumerate(_a_list(special.get("$sequence", []), f"{path}.$sequence"))
    ]
    around = [_load_around(special, key, path, scope) for key in ("$before", "$after")]
    tag = _load_tag(special.get("$tag"), info, path, scope)
    return Extra(attributes, items or None, tag, before=around[0], after=around[1]), scope


def _load_around(special: dict[str, Any], key: str, path: str, scope: Scope) -> list[RawNode]:
    """What is before or after the root element; only before it there may be a document type declaration."""
    path = f"{path}.{key}"
    items = _a_list(special.get(key, []), path)
    types = [i for i, item in enumerate(items) if isinstance(item, str) and item.startswith("<!DOCTYPE")]
    if len(types) > 1 or (types and key != "$before"):
        raise DataError(f"{path}[{types[-1]}]: one document type declaration may be before the root element")
    try:
        return [
            RawNode.from_doctype(item) if i in types else _load_node(item, f"{path}[{i}]", scope)
            for i, item in enumerate(items)
        ]
    except XMLError as error:
        raise DataError(f"{path}: {error.reason}") from error


def _load_tag(tag: Any, info: ClassInfo, path: str, scope: Scope) -> str | None:
    """The name of an element as written; its prefix must mean the namespace of the class."""
    if tag is None:
        return _usual_tag(info)
    prefix, _, local = tag.rpartition(":") if isinstance(tag, str) else ("", "", "")
    if local != info.tag or (prefix and not _is_name(prefix)):
        raise DataError(f"{path}.$tag: expected the name {info.tag!r} with a prefix, got {tag!r}")
    if scope.get(prefix, "") != info.namespace or (prefix and prefix not in scope):
        raise DataError(f"{path}.$tag: the prefix {prefix!r} does not mean the namespace {info.namespace!r}")
    return str(tag)


def _load_item(item: Any, info: ClassInfo, path: str, scope: Scope) -> Any:
    if isinstance(item, str) and not item.lstrip().startswith("<"):
        return _field_name(item, info, path, lambda kind: kind.is_child)
    if isinstance(item, dict) and item.keys() == {"field", "xml"}:
        name = _field_name(item["field"], info, path, lambda kind: kind.is_leaf or kind.is_flag or kind.is_text)
        return name, _load_node(item["xml"], path, scope)
    return _load_node(item, path, scope)


def _field_name(name: Any, info: ClassInfo, path: str, fits: Callable[[FieldKind], bool]) -> str:
    if isinstance(name, str) and name in info.fields and fits(info.fields[name].kind):
        return name
    raise DataError(f"{path}: {info.cls.__name__} has no child field {name!r}")


def _load_texts(data: Any, path: str) -> dict[str, str]:
    if not isinstance(data, dict):
        raise DataError(f"{path}: expected an object, got {_type_name(data)}")
    for name, text in data.items():
        if not isinstance(name, str) or not (_is_name(name) or (not name and path.endswith("$xmlns"))):
            raise DataError(f"{path}: not a name: {name!r}")
        if not isinstance(text, str) or not is_xml_text(text):
            raise DataError(f"{path}: the value of {name!r} is not text that XML can hold")
    return data


def _is_name(name: str) -> bool:
    parts = name.split(":")
    ordinary = all(part.replace("-", "_").replace(".", "_").isidentifier() and part[0] not in "-." for part in parts)
    return ordinary and len(parts) <= 2 and all(parts)


def _a_list(data: Any, path: str) -> list[Any]:
    if isinstance(data, list):
        return data
    raise DataError(f"{path}: expected a list, got {_type_name(data)}")


def _fields_hint(info: ClassInfo, key: Any) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - for messages alone

    close = get_close_matches(str(key), info.fields, 1)
    return f"did you mean {close[0]!r}?" if close else f"it has {', '.join(info.fields)}"


def _type_name(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number" if isinstance(value, (int, float)) else type(value).__name__)


# --- JSON and YAML --------------------------------------------------------------------------------------------------


def to_json(element: Element, *, indent: int | None = 2) -> str:
    """An element as JSON; ``indent=None`` puts it on one line."""
    return json.dumps(to_dict(element), indent=indent, ensure_ascii=False) + "\n"


@overload
def from_json(text: str | bytes) -> Element: ...
@overload
def from_json(text: str | bytes, cls: type[AnyElement]) -> AnyElement: ...
def from_json(text: str | bytes, cls: type[Element] | None = None) -> Element:
    """An element from JSON.

    Raises:
        DataError: it is not JSON, or not that of an element.
    """
    check_json(text)
    try:
        data = json.loads(text, object_pairs_hook=_unique)
    except json.JSONDecodeError as error:
        raise DataError(f"not JSON: {error.msg.lower()}", line=error.lineno, column=error.colno) from error
    except RecursionError:
        raise DataError("not JSON of a document: it nests too deeply") from None
    except ValueError as error:  # wrong encoding, absurdly long numbers
        raise DataError(f"not JSON: {error}") from error
    return from_dict(data) if cls is None else from_dict(data, cls)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) != len(pairs):
        name = next(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)
        raise DataError(f"the key {name!r} occurs twice in an object")
    return data


def to_yaml(element: Element) -> str:
    """An element as YAML.

    Raises:
        MissingError: ruamel.yaml, the ``yaml`` extra, is not installed.
    """
    from io import StringIO  # noqa: PLC0415 - for YAML alone

    out = StringIO()
    _yaml().dump(to_dict(element), out)
    return out.getvalue()


@overload
def from_yaml(text: str | bytes) -> Element: ...
@overload
def from_yaml(text: str | bytes, cls: type[AnyElement]) -> AnyElement: ...
def from_yaml(text: str | bytes, cls: type[Element] | None = None) -> Element:
    """An element from YAML.

    Raises:
        DataError: it is not YAML, or not that of an element.
        MissingError: ruamel.yaml, the ``yaml`` extra, is not installed.
    """
    yaml = _yaml()
    from ruamel.yaml.error import YAMLError  # noqa: PLC0415 - an optional dependency

    try:
        data = _load_yaml(yaml, text)
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = {"line": mark.line + 1, "column": mark.column + 1} if mark is not None else {}
        raise DataError(f"not YAML: {getattr(error, 'problem', None) or error}", **place) from error
    except RecursionError:
        raise DataError("not YAML of a document: it nests too deeply") from None
    except (TypeError, ValueError) as error:  # of keys that are lists of mappings, and of impossible dates
        raise DataError(f"not YAML of a document: {error}") from error
    return from_dict(data) if cls is None else from_dict(data, cls)


def _load_yaml(yaml: Any, text: str | bytes) -> Any:
    """The data in a YAML text; nodes are counted before mappings are merged and aliases are followed."""
    check_size(len(text))
    yaml.Composer = _counting_composer()
    constructor, parser = yaml.get_constructor_parser(text)
    try:
        root = constructor.composer.get_single_node()
        if root is None:
            return None
        check_expanded(root, _children)
        return constructor.construct_document(root)
    finally:
        parser.dispose()


@cache
def _counting_composer() -> Any:
    from ruamel.yaml.composer import Composer  # noqa: PLC0415 - an optional dependency

    class CountingComposer(Composer):
        """Refuses a text with too many nodes while it is read."""

        nodes = 0

        def compose_node(self, parent: Any, index: Any) -> Any:
            self.nodes += 1
            check_nodes(self.nodes)
            return super().compose_node(parent, index)

    return CountingComposer


def _children(node: Any) -> list[Any]:
    """The nodes in a node of YAML."""
    if isinstance(node.value, str):
        return []
    return [part for item in node.value for part in (item if isinstance(item, tuple) else (item,))]


def _yaml() -> Any:
    try:
        from ruamel.yaml import YAML  # noqa: PLC0415 - an optional dependency
    except ImportError:
        raise MissingError(
            "YAML needs the package ruamel.yaml", hint="pip install 'libvirtxml[yaml]', or use JSON"
        ) from None
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False
    yaml.allow_unicode = True
    yaml.width = 4096
    yaml.representer.add_representer(str, _represent_text)
    return yaml


def _represent_text(representer: Any, text: str) -> Any:
    """Text of several lines as a block, which people can read and edit.

    YAML keeps control characters, and line breaks that are not line feeds, only if they are escaped in double quotes.
    """
    style = '"' if _ESCAPED_IN_YAML.search(text) else "|" if "\n" in text else ""
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style=style)
