"""The layout of migration streams: QEMU's descriptions of device state, in the order in which bytes are sent.

QEMU (``-dump-vmstate``) describes each device by a name, two version numbers, fields and subsections. Bytes on the
wire carry no names: the position of a field depends on the ones before it. So a layout is a list of fields in order,
with structs replaced by their members, and one line of text for each: ``path size``, followed by ``*count`` for arrays
of a fixed length, ``vN`` if it is sent since version N, and ``?`` if it is sent only under a condition.

Sources: ``migration/savevm.c`` (dump_vmstate_vmsf) and ``migration/vmstate.c`` of QEMU.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_LINE = re.compile(r"(?P<name>.+) (?P<size>\d+(?:\*\d+)*)(?: v(?P<version>\d+))?(?P<conditional> \?)?")


@dataclass(frozen=True, slots=True)
class StreamField:
    """One field as it is sent."""

    name: str
    size: str
    """Bytes, with array lengths: ``4``, ``2*8``."""
    version: int = 0
    conditional: bool = False

    def __str__(self) -> str:
        return f"{self.name} {self.size}{f' v{self.version}' if self.version else ''}{' ?' if self.conditional else ''}"

    @classmethod
    def parse(cls, line: str) -> StreamField:
        """Parse a line.

        Example:
            >>> StreamField.parse("irq_state 4*4 v2 ?")
            StreamField(name='irq_state', size='4*4', version=2, conditional=True)

        Raises:
            ValueError: the line is malformed.
        """
        match = _LINE.fullmatch(line)
        if match is None:
            raise ValueError(f"not a field of a migration stream: {line!r}")
        return cls(match["name"], match["size"], int(match["version"] or 0), bool(match["conditional"]))


def flatten(description: Mapping[str, Any]) -> dict[str, Any]:
    """Convert QEMU's description to the form that dumps contain: versions, lines of fields, subsections."""
    tree: dict[str, Any] = {
        "name": description["name"],
        "version": description["version_id"],
        "minimum": description["minimum_version_id"],
        "fields": [str(field) for field in _fields(description)],
    }
    subsections = dict(_subsections(description))
    return tree | ({"subsections": subsections} if subsections else {})


def _fields(description: Mapping[str, Any]) -> Iterator[StreamField]:
    """Yield the fields of a description, without those that need a later version than the description has."""
    for entry in description.get("Fields", ()):
        version, conditional = entry["version_id"], bool(entry["field_exists"])
        count = [entry["num"]] if "num" in entry else []
        if version > description["version_id"] and not conditional:
            continue
        inner = entry.get("Description")
        if inner is None:
            yield StreamField(entry["field"], _times(entry["size"], count), version, conditional)
            continue
        for field in _fields(inner):
            yield StreamField(
                f"{entry['field']}.{field.name}", _times(field.size, count), version, conditional or field.conditional
            )  # inner versions were handled above: a struct is sent and read with its own version


def _times(size: int | str, count: Sequence[int]) -> str:
    return "*".join(map(str, [size, *count]))


def _subsections(description: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    for subsection in description.get("Subsections", ()):
        yield prefix + subsection["name"], flatten(subsection)
    for field in description.get("Fields", ()):
        if "Description" in field:
            yield from _subsections(field["Description"], f"{prefix}{field['field']}.")
