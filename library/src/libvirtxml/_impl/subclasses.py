"""Classes of a program in place of those of the model."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, overload

from libvirtxml._impl.base import child_items
from libvirtxml._impl.data import from_dict
from libvirtxml._impl.document import parse
from libvirtxml._impl.element import Element
from libvirtxml._impl.tables import model_class
from libvirtxml.errors import ModelError

if TYPE_CHECKING:
    from libvirtxml.model.documents import AnyDocument

AnyElement = TypeVar("AnyElement", bound="Element")


class Subclasses:
    """Reads documents as the classes of a program: each element whose class has a subclass here becomes one.

    There is no registry of the process: a program, and each library in it, has its own.

    Example:
        >>> from libvirtxml import Domain, DiskFile
        >>> class Guest(Domain):
        ...     @property
        ...     def paths(self) -> list[str]:
        ...         return [disk.path for disk in self.devices.disks]
        >>> class Image(DiskFile):
        ...     @property
        ...     def path(self) -> str:
        ...         return self.source.file
        >>> ours = Subclasses(Guest, Image)
        >>> text = "<domain><devices><disk type='file'><source file='/a'/></disk></devices></domain>"
        >>> ours.parse(text, Guest).paths
        ['/a']
    """

    def __init__(self, *classes: type[Element]) -> None:
        """Name the classes; each derives from one class of the model, whichever modules and mixins it comes from.

        Raises:
            ModelError: one does not derive from a class of the model, or lays out its objects in another way
                (``__slots__``), or two derive from the same class.
        """
        self._classes: dict[type[Element], type[Element]] = {}
        for cls in classes:
            base = model_class(cls)
            if base in self._classes:
                raise ModelError(f"{cls.__name__} and {self._classes[base].__name__} are both for {base.__name__}")
            try:
                object.__setattr__(object.__new__(base), "__class__", cls)
            except TypeError as error:
                raise ModelError(f"objects of {base.__name__} cannot become {cls.__name__}: {error}") from error
            self._classes[base] = cls

    @overload
    def parse(self, source: Any) -> AnyDocument: ...
    @overload
    def parse(self, source: Any, cls: type[AnyElement]) -> AnyElement: ...
    def parse(self, source: Any, cls: type[Element] | None = None) -> Element:
        """Read a document as `libvirtxml.parse` does, and apply the classes.

        Raises:
            XMLError: as `libvirtxml.parse`.
        """
        return self.apply(parse(source) if cls is None else parse(source, cls))

    @overload
    def from_dict(self, data: Any) -> Element: ...
    @overload
    def from_dict(self, data: Any, cls: type[AnyElement]) -> AnyElement: ...
    def from_dict(self, data: Any, cls: type[Element] | None = None) -> Element:
        """Make an element of plain data as `libvirtxml.from_dict` does, and apply the classes.

        Raises:
            DataError: as `libvirtxml.from_dict`.
        """
        return self.apply(from_dict(data) if cls is None else from_dict(data, cls))

    def apply(self, element: AnyElement) -> AnyElement:
        """Turn an element, and all below it, into the classes that are here for theirs; return it.

        The objects stay the same and so does their content; ``__init__`` is not called.
        """
        todo: list[Element] = [element]
        while todo:
            item = todo.pop()
            cls = self._classes.get(type(item))
            if cls is not None:
                object.__setattr__(item, "__class__", cls)
            todo.extend(child for _, _, child in child_items(item))
        return element
