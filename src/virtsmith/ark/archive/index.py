"""Package indexes: which packages a suite holds. Stanzas are found quickly and parsed only when asked for."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from virtsmith.ark.archive.debversion import version_key
from virtsmith.ark.archive.relations import Relation, parse_depends
from virtsmith.errors import InputError

KEPT_FIELDS = (
    "Package", "Version", "Architecture", "Depends", "Pre-Depends", "Provides", "Filename", "Size", "SHA256",
    "Installed-Size",
)  # fmt: skip
_KEPT_LINE = re.compile(rb"^(?:(?:" + "|".join(KEPT_FIELDS).encode() + rb"): .*\n|\n)", re.MULTILINE)
_PACKAGE = re.compile(rb"^Package: ([^\n]+)$", re.MULTILINE)
_PROVIDES = re.compile(rb"^Provides: ([^\n]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Package:
    """One binary package of an archive; ``size`` and ``installed_size`` are in bytes."""

    name: str
    version: str
    url: str
    sha256: str
    size: int
    installed_size: int
    depends: tuple[tuple[Relation, ...], ...] = field(repr=False)
    suite: str

    @property
    def key(self) -> str:
        """The name under which the unpacked package is stored: unique by content."""
        return f"{self.name}_{self.version.replace(':', '%3a')}_{self.sha256[:16]}"


def trim(packages: bytes) -> bytes:
    """Return a ``Packages`` file with only the fields that installs need: a third of its size."""
    return b"".join(_KEPT_LINE.findall(packages + b"\n"))


class Index:
    """The packages of one suite, from its (trimmed) ``Packages`` files."""

    def __init__(self, suite: str, parts: Iterable[tuple[bytes, str]]) -> None:
        """Create it from pairs of file content and the base address that its ``Filename`` fields are relative to."""
        self.suite = suite
        self._parts = list(parts)

    @cached_property
    def _places(self) -> dict[str, list[tuple[int, int]]]:
        places: dict[str, list[tuple[int, int]]] = {}
        for number, (data, _) in enumerate(self._parts):
            for match in _PACKAGE.finditer(data):
                places.setdefault(match[1].decode(errors="replace"), []).append((number, match.start()))
        return places

    @cached_property
    def _providers(self) -> dict[str, list[tuple[str | None, int, int]]]:
        found: dict[str, list[tuple[str | None, int, int]]] = {}
        for number, (data, _) in enumerate(self._parts):
            for match in _PROVIDES.finditer(data):
                start = data.rfind(b"\nPackage: ", 0, match.start()) + 1
                for (relation,) in parse_depends(match[1].decode(errors="replace").replace("|", ",")):
                    entry = (relation.version or None, number, start)
                    found.setdefault(relation.name, []).append(entry)
        return found

    def find(self, name: str) -> list[Package]:
        """Return all versions of a package, highest first."""
        packages = [self._parse(number, start) for number, start in self._places.get(name, ())]
        return sorted(packages, key=lambda package: version_key(package.version), reverse=True)

    def iter_matching(self, relation: Relation) -> Iterator[Package]:
        """Yield the packages that satisfy a relation: real ones first, highest version first, then providers."""
        yield from (package for package in self.find(relation.name) if relation.accepts(package.version))
        for version, number, start in self._providers.get(relation.name, ()):
            if relation.accepts(version):
                yield self._parse(number, start)

    def _parse(self, number: int, start: int) -> Package:
        data, base = self._parts[number]
        end = data.find(b"\n\n", start)
        stanza = data[start : end if end >= 0 else len(data)].decode(errors="replace")
        fields = dict(line.split(": ", 1) for line in stanza.splitlines() if ": " in line)
        try:
            depends = [fields[name] for name in ("Pre-Depends", "Depends") if name in fields]
            return Package(
                name=fields["Package"],
                version=fields["Version"],
                url=f"{base}/{fields['Filename']}",
                sha256=fields["SHA256"].lower(),
                size=int(fields["Size"]),
                installed_size=int(fields.get("Installed-Size", "0")) * 1024,
                depends=tuple(parse_depends(", ".join(depends))),
                suite=self.suite,
            )
        except (KeyError, ValueError) as error:
            raise InputError(f"damaged entry {stanza[:60]!r}", source=f"package index of {self.suite}") from error
