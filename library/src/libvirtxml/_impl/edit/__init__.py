"""Minimal edits: a document is changed as a model, and only what changed is touched in its text."""

from __future__ import annotations

import os
from difflib import unified_diff
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Generic, TypeVar, overload

from libvirtxml import files
from libvirtxml._impl.containers import SaveImage, TextContainer, container_of, opening
from libvirtxml._impl.document import as_document, parse, read_carefully, read_text
from libvirtxml._impl.edit.encoding import EditError, decode, encode
from libvirtxml._impl.edit.patcher import Patcher
from libvirtxml._impl.edit.shadow import Shadow
from libvirtxml._impl.element import Element
from libvirtxml._impl.fragments import read_any
from libvirtxml._impl.parse import encoding_of
from libvirtxml._impl.scan import scan
from libvirtxml._impl.sources import read_source
from libvirtxml._impl.tables import info_of
from libvirtxml.errors import XMLError

__all__ = ["Edit", "EditError", "edit"]

if TYPE_CHECKING:
    from libvirtxml.model.documents import AnyDocument

AnyElement = TypeVar("AnyElement", bound=Element)


class Edit(Generic[AnyElement]):
    """An edit of one document; a context manager that gives the document as a model.

    When the block ends without an error, `text` is the new text, and a file that was named by its path is written.

    Attributes:
        document: the model, to be changed.
        old: the text as it was; of an image of a saved domain, that of the domain.
        text: the text as it is now; the old one until the block has ended.
        not_kept: what a file that was written could not take over from the old one, its owner for example.
    """

    not_kept: tuple[str, ...] = ()

    def __init__(self, source: Any, cls: type[AnyElement] | None = None) -> None:
        data, self.name = read_source(source, with_memory=True)
        self.path = Path(os.fspath(source)) if self.name and isinstance(source, (str, os.PathLike)) else None
        read: Any = read_any if cls is None else lambda text: read_text(text, cls, self.name)
        self._tag = info_of(cls).tag if cls is not None else ""
        self.document: AnyElement
        try:
            self.document, self._held = opening(data, read, self._tag)
        except XMLError as error:
            raise error.with_source(self.name) from error
        self.encoding = "" if isinstance(data, str) else encoding_of(data)
        if isinstance(self._held, SaveImage):
            self.old = self._held.text
        else:
            self.old = data if isinstance(data, str) else decode(data, self.encoding, self.name)
        self.text = self.old
        self._inner = self._held.text if self._held else self.old
        self._root = scan(self._inner)
        self._shadow = Shadow(self.document, self._root)

    def __enter__(self) -> AnyElement:
        return self.document

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self.finish()
            if self.path is not None and self.changed:
                self.not_kept = files.write_atomic(self.path, self.data, check=self.check)

    def finish(self) -> str:
        """Work the changes into the text and return it.

        Raises:
            EditError: they cannot be written so that the text says what the model says.
        """
        try:
            text = Patcher(self._inner, self._root).run(self._shadow, self.document)
            self.text = self._held.holding(text) if isinstance(self._held, TextContainer) else text
            if self.changed:
                self._prove()
        except RecursionError:
            self.text = self.old
            raise EditError("elements nest too deeply to be edited", source=self.name) from None
        return self.text

    def _prove(self) -> None:
        """Read the new text again: it must say just what the model says."""
        try:
            self.check(self.data if self.encoding else self.text)
        except EditError:
            self.text = self.old
            raise

    def check(self, written: bytes | str) -> None:
        """Make sure that something that was written is this document, by a parser that reads nothing but XML.

        Raises:
            EditError: it is another document, or none.
        """
        hint = "write the whole document again, with to_xml()"
        failure = "the change cannot be written into the text"
        try:
            held = container_of(written, self._tag) if self._held else None
            again = read_carefully(held.text if held else written, type(self.document))
        except XMLError as error:
            raise EditError(f"{failure}: {error.reason}", source=self.name, hint=hint) from error
        if again != self.document and again != parse(self.document.to_xml(), type(self.document)):
            raise EditError(failure, source=self.name, hint=hint)

    @property
    def changed(self) -> bool:
        """Whether the text is not what it was."""
        return self.text != self.old

    @property
    def data(self) -> bytes:
        """The text in the encoding of the document; for an image of a saved domain, the whole image.

        Raises:
            XMLError: the domain does not fit into its image any more.
        """
        if isinstance(self._held, SaveImage):
            return self._held.holding(self.text)
        return encode(self.text, self.encoding or "utf-8")

    def unified_diff(self, name: str | None = None) -> str:
        """The change as a unified diff, for people and for ``patch``."""
        name = name or self.name or "document.xml"
        old, new = self.old.splitlines(keepends=True), self.text.splitlines(keepends=True)
        lines = unified_diff(old, new, f"a/{name.lstrip('/')}", f"b/{name.lstrip('/')}")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def __str__(self) -> str:
        return self.text


@overload
def edit(source: Any, cls: type[AnyElement]) -> Edit[AnyElement]: ...
@overload
def edit(source: Any) -> Edit[AnyDocument]: ...
def edit(source: Any, cls: type[Element] | None = None) -> Edit[Any]:
    """Change a document and leave the rest of its text alone.

    Quotes, spacing, comments, order, the spelling of numbers: all that is not changed stays byte for byte. What is
    added comes where libvirt would put it, indented as its siblings are.

    Args:
        source: whatever ``parse`` takes. A file named by its path is written, atomically, when the block ends. Around
            a document in a container (`libvirtxml.containers`) nothing changes.
        cls: the class to read it as, which type checkers then know; by default that of documents, as for `parse`.

    Raises:
        XMLError: it cannot be read.

    Example:
        >>> from libvirtxml import Domain, edit
        >>> change = edit('<domain type="kvm">  <name>web</name> <memory unit="GiB">1</memory></domain>', Domain)
        >>> with change as domain:
        ...     domain.memory.value = 2
        >>> print(change.text)
        <domain type="kvm">  <name>web</name> <memory unit="GiB">2</memory></domain>
    """
    change = Edit(source, cls)
    if cls is None:
        as_document(change.document, change.name)
    return change
