"""How much of an input is read before it is refused: the limits of documents, and those of what comes compressed.

`libvirtxml.limits` applies them; here are the ones that only the tools need, and the setting of users.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from libvirtxml import limits as document_limits
from libvirtxml.limits import Limits

VARIABLE = "VIRTSMITH_LIMITS"


class ToolLimits(Limits):
    """The limits of documents, and more of them.

    Attributes:
        content: bytes that a compressed answer of a server, or a compressed file, may have in memory.
        unpacked: bytes that an archive may have on disk.
        ratio: how many times larger compressed data may become, beyond the first 64 MiB. Firmware images reach 200.
        wait: seconds to wait if a server asks for it (``Retry-After``); a longer wait is cut to this.
    """

    DEFAULTS: ClassVar[dict[str, int]] = {
        **Limits.DEFAULTS,
        "content": 1 << 30,
        "unpacked": 8 << 30,
        "ratio": 2000,
        "wait": 60,
    }

    if TYPE_CHECKING:
        content: int | None
        unpacked: int | None
        ratio: int | None
        wait: int | None


def current() -> ToolLimits:
    """The limits that apply here."""
    found = document_limits.current()
    return found if isinstance(found, ToolLimits) else ToolLimits()


def choose(words: Sequence[str], *, lifted: bool = False) -> None:
    """Apply limits for the whole process and for those that it starts; ``lifted`` takes all away.

    Raises:
        UsageError: there is no such limit, or it is not a number.
    """
    text = "none" if lifted else ",".join(filter(None, [os.environ.get(VARIABLE, ""), *words]))
    document_limits.set_default(ToolLimits.parse(text))
    os.environ[VARIABLE] = text


def apply_environment() -> None:
    """Apply the limits of the environment, if it has any.

    Raises:
        UsageError: as `choose`.
    """
    if os.environ.get(VARIABLE):
        choose(())
