"""What a harness is: a reader, what it reads for a start, and which errors may leave it."""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from libvirtxml.errors import LibvirtXMLError

from virtsmith.errors import VirtsmithError

OUR_ERRORS = (VirtsmithError, LibvirtXMLError)
SLOW = 5.0
"""Seconds after which reading an input of a few kilobytes counts as a failure."""


@dataclass(frozen=True)
class Harness:
    """A reader under test.

    Attributes:
        read: reads foreign bytes.
        seeds: what it reads without error; mutants are made of them.
        raises: errors that it documents besides those of the project: of values within a document, which their
            callers turn into errors with a place.
    """

    name: str
    read: Callable[[bytes], Any]
    seeds: Sequence[bytes]
    raises: tuple[type[Exception], ...] = ()

    def accepts(self, data: bytes) -> bool:
        """Whether it reads an input; False if it refuses it in a way of the project's own."""
        try:
            self.read(data)
        except (*OUR_ERRORS, *self.raises):
            return False
        return True

    @cached_property
    def words(self) -> list[bytes]:
        """Parts of the seeds, which mutants repeat, move and leave out."""
        found = {word for seed in self.seeds for word in re.findall(rb"\w+|[^\w\s]+|\s+", seed)}
        return sorted(found)[:2000]

    def mutant(self, chance: random.Random) -> bytes:
        """A seed with some changes."""
        data = chance.choice(self.seeds)
        for _ in range(chance.choice((1, 1, 2, 3, 8))):
            data = _changed(data, self, chance)
        return data


_BYTES = [
    b"\0", b"\xff", b"\n", b"\r", b"\x1b", b"\xc2\x9b", b"\xe2\x80\xae", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80",
    b"\xc2\x85", b"-1", b"0", b"99999999999999999999", b"0x", b"1e999", b"NaN", b"\xd9\xa1", b"\xc2\xb2", b"null",
    b"[]", b"{}", b'""', b"\\u0000", b"\\", b'"', b"'", b"%", b"%n", b"../", b"/", b"\xef\xbb\xbf", b"*", b"(", b"[",
    b"{", b"<", b"&", b"true", b"-", b"9" * 5000, b"[" * 3000, b"(" * 3000, b"1:",
]  # fmt: skip
"""Pieces at which readers stumble: odd digits, numbers that are too large, what nests, half of a surrogate pair."""


def _changed(data: bytes, harness: Harness, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    end = min(len(data), at + chance.choice((0, 0, 0, 1, 2, 5, 20, 200)))
    match chance.randrange(8):
        case 0:
            piece = chance.choice(_BYTES)
        case 1 | 2:
            piece = chance.choice(harness.words or [b""])
        case 3:
            piece = chance.randbytes(chance.randint(1, 4))
        case 4:
            other = chance.choice(harness.seeds)
            start = chance.randint(0, len(other))
            piece = other[start : start + chance.randint(0, 100)]
        case 5:
            piece = data[at : at + chance.randint(0, 60)] * chance.choice((2, 3, 10))
        case 6:
            return _word_replaced(data, harness, chance)
        case _:
            return data[:at] if chance.random() < 0.2 else data[:at] + data[end:]
    return data[:at] + piece + data[end:]


def _word_replaced(data: bytes, harness: Harness, chance: random.Random) -> bytes:
    """The data with one word of it, a number or a name, replaced."""
    words = list(re.finditer(rb"\w+", data))
    if not words:
        return data
    word = chance.choice(words)
    return data[: word.start()] + chance.choice(_BYTES + harness.words) + data[word.end() :]


def text(read: Callable[[str], Any]) -> Callable[[bytes], Any]:
    """A reader of text as one of bytes: what is not UTF-8 is read as files and arguments with such bytes are."""
    return lambda data: read(data.decode("utf-8", "surrogateescape"))


def in_file(read: Callable[[Path], Any], name: str) -> Callable[[bytes], Any]:
    """A reader of a file."""
    return in_directory(lambda directory: read(directory / name), name)


def in_directory(read: Callable[[Path], Any], name: str, **others: str) -> Callable[[bytes], Any]:
    """A reader of a directory in which a file of this name has foreign content, and others have that given."""

    def read_there(data: bytes) -> Any:
        with tempfile.TemporaryDirectory(prefix="vs-", ignore_cleanup_errors=True) as place:
            directory = Path(place)
            for other, content in others.items():
                (directory / other.replace("__", ".")).write_text(content)
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes(data)
            return read(directory)

    return read_there
