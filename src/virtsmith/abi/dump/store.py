"""The folder of dumps: ``DIR/BINARY/binary.json`` and ``DIR/BINARY/MACHINE.DEVICES.ACCEL.json``.

Dumps are small text files with one fact a line, sorted, meant to be kept in version control for good: a QEMU that
still has a machine type can be compared with one that is long gone.
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
    """Return the folder of dumps at a path, by default that of ``$VIRTSMITH_ABI`` or the user's data folder."""
    named = os.environ.get(VARIABLE)
    return DumpStore(path or (Path(named) if named else data_dir() / "abi"))


class DumpStore:
    """A folder of dumps."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def path_of(self, key: str, machine: str | None, devices: str = "", accel: str = "") -> Path:
        """Where the dump of a binary (by `Binary.key`) is or would be.

        Raises:
            InputError: a name from a recording or a dump of others would lead elsewhere.
        """
        name = _OF_BINARY if machine is None else f"{machine}.{devices}.{accel}.json"
        for part in (key, name):
            if not _SAFE.fullmatch(part):
                raise InputError(f"not a name for a file: {part!r}")
        return self.path / key / name

    def save(self, dump: Dump) -> Path:
        """Write a dump, atomically; a file that already says the same is left alone.

        Raises:
            WriteError: it cannot be written.
        """
        return self.write(dump, dump_text(dump))

    def write(self, dump: Dump, text: str) -> Path:
        """The same for a dump whose text is already made."""
        return _write_file(self.path_of(dump.binary.key, dump.machine, dump.devices, dump.accel), text)

    def save_recording(self, binary: Binary, text: str) -> Path:
        """Write the recording of a binary beside its dumps."""
        return _write_file(self.path / binary.key / _RECORDING, text)

    def find(self, binary: str, machine: str | None, devices: str) -> Path:
        """Return the file of a dump.

        Args:
            binary: beginning of the binary's key, such as a version; ``qemu@`` before it is ignored.
            machine: machine type; None for the dump of the binary itself.
            devices: name of the device set.

        Raises:
            UsageError: there is none, or several fit.
        """
        word = binary.removeprefix("qemu@")
        folders = [
            entry for entry in self._folders() if entry.name == word or entry.name.startswith((f"{word}.", f"{word}-"))
        ]
        if len(folders) != 1:
            names = ", ".join(entry.name for entry in folders or self._folders()) or "none"
            text = f"several binaries are {binary}" if folders else f"there are no dumps of {binary}"
            raise UsageError(text, hint=f"there are {names}")
        if machine is None:
            return folders[0] / _OF_BINARY
        files = [entry for entry in _dumps_in(folders[0]) if entry.name.startswith(f"{machine}.{devices}-")]
        if not files:
            raise UsageError(f"there is no dump of {machine} with devices {devices} by {folders[0].name}")
        return files[0]

    def list(self) -> list[dict[str, Any]]:
        """The binaries in this folder, with the number of their machine types and of the dumps there are of these."""
        rows = []
        for folder in self._folders():
            files = _dumps_in(folder)
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
        """All files of dumps: binary by binary, the binary's own first, then machine types in natural order."""
        for folder in self._folders():
            yield from _dumps_in(folder)

    def _folders(self) -> Sequence[Path]:
        folders = [path for path in self.path.iterdir() if path.is_dir()] if self.path.is_dir() else []
        return sorted(folders, key=lambda item: natural_key(item.name))


def _write_file(path: Path, text: str) -> Path:
    write_if_changed(path, text)
    return path


def _dumps_in(folder: Path) -> Sequence[Path]:
    """The dumps of one binary: its own first, then those of machine types."""
    files = (path for path in folder.glob("*.json") if not path.name.startswith("."))
    return sorted(files, key=lambda item: (item.name != _OF_BINARY, natural_key(item.name)))


def load_dump(path: Path) -> Dump:
    """Read a dump.

    Raises:
        InputError: it cannot be read or is no dump of this schema; the error names the file.
    """
    return parse_dump(read_bytes(path), str(path))


def find_dump(
    what: str, machine: str | None = None, devices: str = "default", *, store: DumpStore | None = None
) -> Dump:
    """Read a dump that is named in words.

    Args:
        what: a file, or a binary of which there are dumps: its version, or the beginning of its key.
        machine: the dump of this machine type; None: the dump of the binary itself.
        devices: the device set, where there are dumps with several.
        store: the directory of dumps; by default the user's.

    Raises:
        UsageError: there is none, or several fit.
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
        raise InputError(f"no JSON: {error.msg.lower()}", source=name, line=error.lineno, column=error.colno) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(f"no ABI dump: {type(error).__name__}: {error}", source=name) from error


def dump_text(dump: Dump) -> str:
    """A dump as text: one fact a line, keys in natural order, the same bytes for the same facts."""
    lines: list[str] = []
    _write(dump.to_dict(), "", "", "", lines)
    return "\n".join(lines) + "\n"


_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True).encode
_quote = json.encoder.encode_basestring


def _write(value: Any, indent: str, head: str, tail: str, lines: list[str]) -> None:
    """Append a value's lines; ``json.dumps`` with an indent is several times slower."""
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
        if isinstance(below, str):  # by far the most
            lines.append(f"{deeper}{_quote(key)}: {_quote(below)}{comma}")
        elif isinstance(below, Mapping) and below:
            _write(below, deeper, f"{_quote(key)}: ", comma, lines)
        else:
            lines.append(f"{deeper}{_quote(key)}: {_encode(below)}{comma}")
    lines.append(f"{indent}}}{tail}")
