"""The directory of dumps: ``DIR/BINARY/binary.json`` and ``DIR/BINARY/MACHINE.DEVICES.ACCEL.json``.

Dumps are small text files with one fact per line, sorted, and meant to be kept in version control: a current QEMU can
be compared with one that is long gone.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from libvirtxml.files import read_bytes, write_if_changed

from virtsmith.abi.dump.model import Binary, Dump, natural_key
from virtsmith.core.dirs import data_dir
from virtsmith.errors import InputError, UsageError

_OF_BINARY = "binary.json"
_SAFE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,200}")
_RECORDING = "session.replies"


VARIABLE = "VIRTSMITH_ABI"


def open_store(path: Path | None = None) -> DumpStore:
    """Return the dump store at a path, by default that of ``$VIRTSMITH_ABI`` or in the user's data directory."""
    named = os.environ.get(VARIABLE)
    return DumpStore(path or (Path(named) if named else data_dir() / "abi"))


class DumpStore:
    """A directory of dumps."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def path_of(self, key: str, machine: str | None, devices: str = "", accel: str = "") -> Path:
        """Return where the dump of a binary (by `Binary.key`) is or would be.

        Raises:
            InputError: a name from a recording or dump would lead outside of the directory.
        """
        name = _OF_BINARY if machine is None else f"{machine}.{devices}.{accel}.json"
        for part in (key, name):
            if not _SAFE.fullmatch(part):
                raise InputError(f"not a file name: {part!r}")
        return self.path / key / name

    def save(self, dump: Dump) -> Path:
        """Write a dump atomically, unless the file already has the same content.

        Raises:
            WriteError: it cannot be written.
        """
        return self.write(dump, dump_text(dump))

    def write(self, dump: Dump, text: str) -> Path:
        """Write a dump whose text already exists, as `save`."""
        return _write_file(self.path_of(dump.binary.key, dump.machine, dump.devices, dump.accel), text)

    def save_recording(self, binary: Binary, text: str) -> Path:
        """Write the recording of a binary beside its dumps."""
        return _write_file(self.path / binary.key / _RECORDING, text)

    def find(self, binary: str, machine: str | None, devices: str) -> Path:
        """Return the file of a dump.

        Args:
            binary: prefix of the binary's key, such as a version; a leading ``qemu@`` is ignored.
            machine: machine type; None for the dump of the binary itself.
            devices: name of the device set.

        Raises:
            UsageError: no dump, or more than one, matches.
        """
        word = binary.removeprefix("qemu@")
        directories = [
            entry
            for entry in self._directories()
            if entry.name == word or entry.name.startswith((f"{word}.", f"{word}-"))
        ]
        if len(directories) != 1:
            names = ", ".join(entry.name for entry in directories or self._directories()) or "none"
            text = f"several binaries match {binary}" if directories else f"there are no dumps of {binary}"
            raise UsageError(text, hint=f"there are {names}")
        if machine is None:
            return directories[0] / _OF_BINARY
        files = [entry for entry in _dumps_in(directories[0]) if entry.name.startswith(f"{machine}.{devices}-")]
        if not files:
            raise UsageError(f"there is no dump of {machine} with devices {devices} by {directories[0].name}")
        return files[0]

    def list(self) -> list[dict[str, Any]]:
        """Return the binaries in this directory, with the numbers of their machine types and of existing dumps."""
        rows = []
        for directory in self._directories():
            files = _dumps_in(directory)
            if not files:
                continue
            dump = load_dump(files[0])
            machines = dump.sections.get("machines")
            rows.append(
                {
                    "key": dump.binary.key,
                    "version": dump.binary.version,
                    "source": dump.binary.source,
                    "package": dump.binary.package,
                    "machines": len(machines.data) if machines else None,
                    "dumps": sum(file.name != _OF_BINARY for file in files),
                }
            )
        return rows

    def iter_paths(self) -> Iterator[Path]:
        """Yield all dump files: binary by binary, the binary's own first, then machine types in natural order."""
        for directory in self._directories():
            yield from _dumps_in(directory)

    def _directories(self) -> Sequence[Path]:
        directories = [path for path in self.path.iterdir() if path.is_dir()] if self.path.is_dir() else []
        return sorted(directories, key=lambda path: natural_key(path.name))


def _write_file(path: Path, text: str) -> Path:
    write_if_changed(path, text)
    return path


def _dumps_in(directory: Path) -> Sequence[Path]:
    """Return the dumps of one binary: its own first, then those of machine types."""
    files = (path for path in directory.glob("*.json") if not path.name.startswith("."))
    return sorted(files, key=lambda path: (path.name != _OF_BINARY, natural_key(path.name)))


def load_dump(path: Path) -> Dump:
    """Read a dump.

    Raises:
        InputError: it cannot be read or is not a dump of this schema; the error has the file name.
    """
    return parse_dump(read_bytes(path), str(path))


def find_dump(
    what: str, machine: str | None = None, devices: str = "default", *, store: DumpStore | None = None
) -> Dump:
    """Read a dump given by name.

    Args:
        what: a file, or a binary with existing dumps: its version, or a prefix of its key.
        machine: the dump of this machine type; None: the dump of the binary itself.
        devices: the device set, if there are dumps with several.
        store: the directory of dumps; by default the user's.

    Raises:
        UsageError: no dump, or more than one, matches.
        InputError: it cannot be read, or is not a dump.
    """
    if machine is None and (Path(what).is_file() or what.endswith(".json")):
        return load_dump(Path(what))
    return load_dump((store or open_store()).find(what, machine, devices))


def parse_dump(data: bytes | str, name: str) -> Dump:
    """Read the text of a dump; ``name`` is for error messages.

    Raises:
        InputError: as `load_dump`.
    """
    try:
        return Dump.from_dict(json.loads(data))
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg.lower()}", source=name, line=error.lineno, column=error.colno) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"not an ABI dump: {type(error).__name__}: {error}", source=name) from error


def dump_text(dump: Dump) -> str:
    """Return a dump as text: one fact per line, keys in natural order, the same bytes for the same facts."""
    lines: list[str] = []
    _write(dump.to_dict(), "", "", "", lines)
    return "\n".join(lines) + "\n"


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_quote = json.encoder.encode_basestring


def _write(value: Any, indent: str, head: str, tail: str, lines: list[str]) -> None:
    """Append the lines of a value; ``json.dumps`` with an indent is several times slower."""
    if not isinstance(value, Mapping) or not value:
        lines.append(f"{indent}{head}{_encode(value)}{tail}")
        return
    lines.append(f"{indent}{head}{{")
    deeper = indent + " "
    keys = sorted(value)
    last = keys[-1]
    for key in keys:
        below = value[key]
        comma = "" if key == last else ","
        if isinstance(below, str):  # by far the most common case
            lines.append(f"{deeper}{_quote(key)}: {_quote(below)}{comma}")
        elif isinstance(below, Mapping) and below:
            _write(below, deeper, f"{_quote(key)}: ", comma, lines)
        else:
            lines.append(f"{deeper}{_quote(key)}: {_encode(below)}{comma}")
    lines.append(f"{indent}}}{tail}")
