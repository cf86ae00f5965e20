"""Whole documents: `parse` and `to_xml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast, overload
from xml.parsers import expat

from libvirtxml._impl.base import is_element, values_of
from libvirtxml._impl.bounds import check_markup
from libvirtxml._impl.containers import HELD, opening
from libvirtxml._impl.discriminants import why_another, with_article
from libvirtxml._impl.element import Element
from libvirtxml._impl.markup import NEWLINE, WriteContext, finish
from libvirtxml._impl.parse import mark_stray_text, parse_tree
from libvirtxml._impl.plain import read_plain
from libvirtxml._impl.problems import find_problems
from libvirtxml._impl.raw import Extra, nodes_around_root
from libvirtxml._impl.read import EXTRA, StrayTextError, extra_of, reader_of
from libvirtxml._impl.recognition import is_document, is_domain_part, recognise, signs_of
from libvirtxml._impl.sources import read_source
from libvirtxml._impl.tables import find_class, info_of
from libvirtxml._impl.trees import prefix_of, used_prefixes
from libvirtxml._impl.write import write_object
from libvirtxml.errors import XMLError
from libvirtxml.model import ROOTS

if TYPE_CHECKING:
    from libvirtxml.model.documents import AnyDocument

AnyElement = TypeVar("AnyElement", bound="Element")


@overload
def parse(source: Any, cls: type[AnyElement]) -> AnyElement: ...
@overload
def parse(source: Any) -> AnyDocument: ...
def parse(source: Any, cls: type[Element] | None = None) -> Element:
    """Read a libvirt document.

    Args:
        source: text, bytes, a path, an open file, or an object with ``XMLDesc()``, as libvirt-python has them. It may
            also hold the document inside of something else: see `libvirtxml.containers`.
        cls: the class to read it as, which type checkers then know; by default that of documents with its root
            element, or, if its content is foreign to that, the part of a domain that it is: ``<interface>`` may be a
            device. Needed for all other parts (``Disk``); `parse_any` reads them without it.

    Raises:
        XMLError: it cannot be read, is not well-formed, its root is not the element of ``cls`` or of any document, or
            it is another variant than ``cls``; a `LimitError` if it is larger than `libvirtxml.limits` allow.

    Example:
        >>> from libvirtxml import Domain
        >>> domain = parse("<domain type='kvm'><name>web</name></domain>", Domain)
        >>> domain.name
        'web'
    """
    text, name = read_source(source)
    tag = info_of(cls).tag if cls is not None else ""
    element, _ = opening(text, lambda data: read_text(data, cls, name), tag)
    return element if cls is not None else as_document(element, name)


def as_document(element: Element, name: str | None = None) -> AnyDocument:
    """The element, if it is a whole document or directly in a domain.

    Raises:
        XMLError: it is another part.
    """
    cls = type(element)
    if not is_document(cls) and not is_domain_part(cls):
        hint = f"say so, with {cls.__name__}, or read it with parse_any"
        raise XMLError(f"this is {with_article(cls.__name__)}, a part of a document", source=name, hint=hint)
    return cast("AnyDocument", element)


def read_text(text: str | bytes, cls: type[Element] | None, name: str | None = None) -> Element:
    """Read a document or a part of one whose root element is that of documents, or that of ``cls``.

    Raises:
        XMLError: as `parse` does, but not for parts.
    """
    check_markup(text, name)
    try:
        found = read_plain(text, lambda tag: _class_for(tag, cls, name))
        element = read_carefully(text, cls, name) if found is None else cast("Element", found)
        if cls is not None:
            if reason := why_another(cls, element.__dict__):
                raise XMLError(reason, source=name)
            return element
        if _is_evident(element, known=found is not None):
            return element
        return read_recognised(text, parse_tree(text))
    except RecursionError:
        raise XMLError("elements nest too deeply", source=name) from None


_evidence: dict[type[Element], tuple[frozenset[str] | None, tuple[str, ...] | None]] = {}
"""For a class of documents the fields that no part with the same name has, and those that a document must have."""


def _is_evident(document: Element, *, known: bool) -> bool:
    """Whether no other class with the same root element can fit better; ``known`` if the model knows all that is in it.

    Either it has something that only documents have, or nothing in it is foreign and nothing is missing.
    """
    cls = type(document)
    if cls not in _evidence:
        info = info_of(cls)
        needed = tuple(field.name for field in info.fields.values() if field.required and not field.tolerated)
        _evidence[cls] = signs_of(info.tag), None if info.variants else needed
    signs, required = _evidence[cls]
    values = document.__dict__
    if signs is None or (known and not signs.isdisjoint(values)):
        return True
    if known:
        return required is not None and all(name in values for name in required)
    extra = document.extra
    foreign = extra and (extra.unknown_attributes() or any(node.kind in ("element", "text") for node in extra.nodes()))
    return not foreign and not signs.isdisjoint(values)


def read_recognised(text: str | bytes, root: Any) -> Element:
    """Read a document or a part of one as the class that fits it best; ``root`` is its tree.

    Raises:
        XMLError: no class has its root element.
    """
    found = recognise(root)
    if not found:
        raise XMLError(_no_document(root.tag, "document or part of one"))
    readings = [read_text(text, cls) for cls in found]
    return readings[0] if len(readings) == 1 else min(readings, key=lambda element: len(find_problems(element)))


def read_carefully(text: str | bytes, cls: type[Element] | None, name: str | None = None) -> Element:
    """Read any document, and keep all that is in it.

    Raises:
        XMLError: as `parse` does.
    """
    root = parse_tree(text, name=name)
    read = reader_of(_class_for(root.tag, cls, name))
    try:
        element = read(root)
    except StrayTextError:
        root = parse_tree(text, name=name)
        mark_stray_text(root)
        element = read(root)
    before, after = nodes_around_root(text)
    if before or after:
        extra = extra_of(element.__dict__)
        extra.before, extra.after = before, after
    return cast("Element", element)


_documents: dict[Any, type[Element]] = {}


def document_class(tag: Any, name: str | None = None) -> type[Element]:
    """The class of the documents with a root element.

    Raises:
        XMLError: there is none.
    """
    if tag not in ROOTS:
        hint = "for a part of a document, say which: Disk.parse(...)"
        raise XMLError(_no_document(tag, "document"), source=name, hint=None if tag in HELD else hint)
    found = _documents[tag] = find_class(ROOTS[tag])
    return found


def _no_document(tag: str, what: str) -> str:
    if tag in HELD:
        return f"<{tag}> holds no document <{HELD[tag]}>"
    return f"no libvirt {what} has the root element <{tag}>"


def _class_for(tag: str, cls: type[Element] | None, name: str | None) -> type[Element]:
    if cls is None:
        return _documents.get(tag) or document_class(tag, name)
    info = info_of(cls)
    expected = f"{{{info.namespace}}}{info.tag}" if info.namespace else info.tag
    if tag != expected:
        raise XMLError(f"the root element is <{tag}>, not <{info.tag}>", source=name)
    return cls


def to_xml(element: Element, *, compact: bool = False) -> str:
    """Write an element as XML text, without a declaration; ends with a line break unless compact."""
    text, context = _written(element, compact=compact)
    if context.prefixed and not _well_bound(text):
        text, _ = _written(_with_declarations(element), compact=compact)
    return text if element.extra is None else _with_surroundings(text, element.extra, compact=compact)


def _written(element: Element, *, compact: bool) -> tuple[str, WriteContext]:
    out: list[str] = []
    context = WriteContext()
    write_object(element, out.append, NEWLINE, context)
    if not compact:
        out.append(NEWLINE)
    return finish("".join(out), context, compact=compact), context


def self_contained(element: Element) -> Element:
    """The element, or a copy that declares the prefixes used in it that are declared outside of it."""
    text, context = _written(element, compact=True)
    return _with_declarations(element) if context.prefixed and not _well_bound(text) else element


def _with_surroundings(text: str, extra: Extra, *, compact: bool) -> str:
    """A document with the comments and processing instructions around its root element."""
    between = "" if compact else "\n"
    before = "".join([node.to_string() + between for node in extra.before])
    return before + text + "".join([node.to_string() + between for node in extra.after])


def _well_bound(text: str) -> bool:
    """Whether every prefix that is used is declared."""
    parser = expat.ParserCreate(namespace_separator=" ")
    try:
        parser.Parse(text, True)
    except expat.ExpatError:
        return False
    return True


def _with_declarations(element: Element) -> Element:
    """A copy whose root declares the prefixes that are used in it."""
    needed: dict[str, str] = {}
    todo: list[Any] = [element]
    while todo:
        item = todo.pop()
        if is_element(item):
            if namespace := info_of(type(item)).namespace:
                prefix = item.extra.tag.rpartition(":")[0] if item.extra and item.extra.tag else prefix_of(namespace)
                needed.setdefault(prefix, namespace)
            if item.extra and item.extra.namespaces:
                prefixes = {name.partition(":")[0] for name in item.extra.unknown_attributes() if ":" in name}
                scope = item.extra.namespaces
                needed |= {prefix: scope[prefix] for prefix in prefixes if prefix in scope}
            todo.extend(values_of(item).values())
        elif isinstance(item, list):
            todo.extend(item)
        elif isinstance(item, Extra):
            todo.extend(item.sequence or ())
        elif isinstance(item, tuple):
            todo.append(item[1])
        elif getattr(item, "namespaces", None):
            for prefix in used_prefixes(item.element):
                if prefix in item.namespaces:
                    needed.setdefault(prefix, item.namespaces[prefix])
    copy = element.replace()
    old = element.extra or Extra()
    extra_of(copy.__dict__)
    new = copy.__dict__[EXTRA] = old.checked()
    new.attributes = {f"xmlns:{prefix}" if prefix else "xmlns": uri for prefix, uri in needed.items()} | old.attributes
    return copy
