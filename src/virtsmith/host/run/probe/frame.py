"""The frame for facts: it starts with length and digest, so that damaged facts are never taken for different ones."""

from __future__ import annotations

import hashlib
import re

_HEADER = re.compile(rb"BEGIN ([0-9a-f]{32}) (\d{1,8})\r?\n")
MAX_BYTES = 16 << 20


class FrameError(ValueError):
    """There is no complete frame; the message says what is wrong with it."""


def has_end(data: bytes) -> bool:
    """Whether a frame seems to have arrived up to its last line."""
    return data.rstrip().endswith(b"\nEND")


def wrap(payload: bytes) -> bytes:
    """A frame around a payload, as the probe sends it."""
    digest = hashlib.md5(payload, usedforsecurity=False).hexdigest()
    return f"BEGIN {digest} {len(payload)}\n".encode() + payload + b"\nEND\n"


def unwrap(data: bytes) -> bytes:
    """The payload of the first frame.

    Raises:
        FrameError: no header, too short, a wrong digest, or no end line.
    """
    match = _HEADER.search(data)
    if match is None:
        raise FrameError("no header" if data.strip() else "nothing arrived")
    size = int(match[2])
    if size > MAX_BYTES:
        raise FrameError(f"it announces {size} bytes")
    payload = data[match.end() : match.end() + size]
    if len(payload) < size:
        raise FrameError(f"{len(payload)} of {size} bytes arrived")
    if hashlib.md5(payload, usedforsecurity=False).hexdigest().encode() != match[1]:
        raise FrameError("its digest does not match")
    if re.match(rb"\s{0,2}END\r?(\n|$)", data[match.end() + size :]) is None:
        raise FrameError("no end line")
    return payload
