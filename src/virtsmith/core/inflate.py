"""Compressed data, decompressed piece by piece within limits: a small input cannot fill memory or disk."""

from __future__ import annotations

import io
import lzma
import zlib
from collections.abc import Generator, Iterable, Iterator
from typing import IO, Any, Protocol

from libvirtxml.limits import shown_bytes

from virtsmith.core.limits import current
from virtsmith.errors import InputError, LimitError

_PIECE = 1 << 20
"""Bytes that are decompressed at once."""
_ANY_RATIO = 64 << 20
"""Bytes from which on the ratio counts; small files of zeros are harmless."""


class DamagedError(InputError):
    """Compressed data ends too early, or its checksum is wrong."""


class _Decompressor(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = ...) -> bytes: ...


class _Deflate:
    """Decompresses gzip or deflate, with the interface of `lzma.LZMADecompressor`."""

    def __init__(self) -> None:
        self._engine = zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, by the header

    @property
    def eof(self) -> bool:
        return self._engine.eof

    @property
    def unused_data(self) -> bytes:
        return self._engine.unused_data

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        return self._engine.decompress(self._engine.unconsumed_tail + data, max(max_length, 0))


_ENGINES: dict[str, Any] = {"gzip": _Deflate, "deflate": _Deflate, "xz": lzma.LZMADecompressor}


class Meter:
    """Counts what goes into and comes out of a decompressor, and raises a `LimitError` where it is too much."""

    def __init__(self, limit: str = "content") -> None:
        self._name = limit
        limits = current()
        self._most: int | None = getattr(limits, limit)
        self._ratio = limits.ratio
        self._read = self._made = 0

    def read(self, count: int) -> None:
        """Count compressed bytes."""
        self._read += count

    def made(self, count: int) -> None:
        """Count decompressed bytes.

        Raises:
            LimitError: there are too many, or too many for the compressed ones.
        """
        self._made += count
        if self._most is not None and self._made > self._most:
            raise LimitError(self._name, f"larger than {shown_bytes(self._most)} when decompressed")
        if self._ratio is not None and self._made > max(_ANY_RATIO, self._ratio * self._read):
            raise LimitError("ratio", f"more than {self._ratio:,} times larger when decompressed")


def inflate(chunks: Iterable[bytes], encoding: str, *, limit: str = "content") -> Generator[bytes, None, None]:
    """Decompress data: ``gzip``, ``deflate``, ``xz``, or ``identity`` for data that is not compressed.

    Args:
        chunks: the data, in pieces.
        encoding: how it is compressed.
        limit: the limit for the size, `virtsmith.core.limits.ToolLimits` has it.

    Raises:
        LimitError: it becomes too large, or too large for what it is made from.
        DamagedError: it ends too early, or its checksum is wrong.
    """
    meter = Meter(limit)
    if encoding == "identity":
        for chunk in chunks:
            meter.read(len(chunk))
            meter.made(len(chunk))
            yield chunk
        return
    engine: _Decompressor = _ENGINES[encoding]()
    started = False
    try:
        for chunk in chunks:
            data = chunk
            meter.read(len(data))
            while data or (started and not engine.eof):
                if engine.eof:  # another stream, or the padding of xz
                    data = data.lstrip(b"\0")
                    if not data:
                        break
                    engine = _ENGINES[encoding]()
                started = True
                piece = engine.decompress(data, _PIECE)
                data = engine.unused_data if engine.eof else b""
                meter.made(len(piece))
                if piece:
                    yield piece
                elif not data:
                    break
    except (zlib.error, lzma.LZMAError) as error:
        raise DamagedError(f"damaged: {error}") from error
    if started and not engine.eof:
        raise DamagedError("damaged: it ends too early")


class InflatedStream(io.RawIOBase):
    """Pieces of data as a file that can be read from its start to its end."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to as many bytes as fit into a buffer."""
        target = memoryview(buffer).cast("B")
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        count = min(len(target), len(self._rest))
        target[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


class MeteredStream(io.RawIOBase):
    """A decompressed file that is measured while it is read."""

    def __init__(self, file: IO[bytes], meter: Meter) -> None:
        self._file = file
        self._meter = meter

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read up to as many bytes as fit into a buffer.

        Raises:
            LimitError: there are too many.
        """
        target = memoryview(buffer).cast("B")
        data = self._file.read(len(target))
        self._meter.made(len(data))
        target[: len(data)] = data
        return len(data)

    def close(self) -> None:
        """Close the file too."""
        self._file.close()
        super().close()
