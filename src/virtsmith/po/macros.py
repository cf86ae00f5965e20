"""What is written for ``<PRIu64>`` and its like, for C libraries that do not replace them themselves (musl)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_MACRO = re.compile(rb"PRI([diouxX])(?:(LEAST|FAST)?(8|16|32|64)|(MAX|PTR))")


@dataclass(frozen=True, slots=True)
class Machine:
    """The length modifiers of a kind of machine: of 64 bits and ``intmax_t``, and of pointers."""

    long: bytes
    pointer: bytes


MACHINES = (Machine(b"ll", b""), Machine(b"l", b"l"))
"""Machines of 32 and of 64 bits with musl. Others differ, but their libraries replace macros themselves."""


def expand_macros(text: bytes, spans: Sequence[tuple[int, int]], machine: Machine) -> bytes | None:
    """A text with its macros replaced; None if one of the spans is not a macro (the flag ``I`` has no text).

    Args:
        text: the text.
        spans: where its macros are, with their angle brackets, in order.
        machine: the kind of machine.
    """
    parts, done = [], 0
    for start, end in spans:
        match = _MACRO.fullmatch(text[start:end].strip(b"<>"))
        if match is None:
            return None
        parts += [text[done:start], _modifier(match, machine), match[1]]
        done = end
    return b"".join([*parts, text[done:]])


def _modifier(match: re.Match[bytes], machine: Machine) -> bytes:
    if match[4] == b"PTR":
        return machine.pointer
    return machine.long if match[4] == b"MAX" or match[3] == b"64" else b""
