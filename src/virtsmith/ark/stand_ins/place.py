"""Where stand-ins are made, and what was replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from virtsmith.core.run import Argument, run

if TYPE_CHECKING:
    from lxml import etree

IMAGE_BYTES = 64 << 20
"""The size of an empty image; sparse."""
_FORMATS = ("qcow2", "qcow", "qed", "vdi", "vhdx", "vmdk", "vpc")
_SECONDS = 60


@dataclass(slots=True)
class StandInPlace:
    """A directory for the files of stand-ins, and the list of what was replaced.

    ``image_maker`` is a ``qemu-img``, None where there is none: images are then raw.
    """

    directory: Path
    image_maker: Path | None = None
    notes: list[str] = field(default_factory=list)
    _count: int = 0

    def note(self, subject: str, instead: str) -> None:
        """List a replacement, once."""
        line = f"{subject}: {instead}"
        if line not in self.notes:
            self.notes.append(line)

    def image(self, kind: str) -> tuple[str, str]:
        """Make an empty image of a format; return its path, and the format, which is raw where it cannot be made."""
        path = self._new("image")
        if kind in _FORMATS and self.image_maker is not None:
            argv: list[Argument] = [self.image_maker, "create", "-q", "-f", kind, path, str(IMAGE_BYTES)]
            if run(argv, timeout=_SECONDS, allow=()).status == 0:
                return str(path), kind
        return self.file(path=path), "raw"

    def file(self, *, path: Path | None = None) -> str:
        """Make a sparse file and return its path."""
        path = path or self._new("file")
        with path.open("wb") as file:
            file.truncate(IMAGE_BYTES)
        return str(path)

    def empty_directory(self) -> str:
        """Make an empty directory and return its path."""
        path = self._new("directory")
        path.mkdir()
        return str(path)

    def _new(self, what: str) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        self._count += 1
        return self.directory / f"{what}{self._count}"


def drop(parent: etree._Element | None, *paths: str) -> list[str]:
    """Remove the elements at some paths below another one; return their names, in order and once each."""
    dropped: list[str] = []
    for path in paths:
        for element in parent.findall(path) if parent is not None else []:
            above = element.getparent()
            if above is not None:
                above.remove(element)
                dropped.append(str(element.tag))
    return list(dict.fromkeys(dropped))


def strip(element: etree._Element, *names: str) -> None:
    """Remove attributes."""
    for name in names:
        if name in element.attrib:
            del element.attrib[name]
