"""Dependency fields: ``a (>= 1) | b, c:any`` as data."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from virtsmith.ark.archive.debversion import version_key
from virtsmith.errors import InputError

_RELATION = re.compile(
    r"(?P<name>[a-zA-Z0-9][a-zA-Z0-9.+-]*)(?::[a-z0-9-]+)?\s*+"
    r"(?:\(\s*+(?P<operator><<|<=|=|>=|>>|<|>)\s*+(?P<version>[^\s)]++)\s*+\))?+\s*+(?:\[[^\]]*+\])?+\s*+(?:<[^>]*+>\s*+)*+"
)

_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "=": operator.eq, ">>": operator.gt, "<<": operator.lt, ">=": operator.ge, "<=": operator.le,
    ">": operator.ge, "<": operator.le,  # a single angle bracket is the old spelling of "or equal"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relation:
    """One alternative of a dependency: a name, and the versions it accepts (empty operator: any)."""

    name: str
    operator: str = ""
    version: str = ""

    def accepts(self, version: str | None) -> bool:
        """Whether a package of this version satisfies it; None is an unversioned ``Provides``."""
        if not self.operator:
            return True
        if version is None:
            return False
        return _COMPARE[self.operator](version_key(version), version_key(self.version))

    def __str__(self) -> str:
        return f"{self.name} ({self.operator} {self.version})" if self.operator else self.name


def parse_depends(text: str) -> list[tuple[Relation, ...]]:
    """Read a dependency field: a list of requirements, each a tuple of alternatives.

    Raises:
        InputError: an alternative is not written as deb-substvars allows.
    """
    return [
        tuple(_parse_relation(alternative) for alternative in requirement.split("|"))
        for requirement in text.split(",")
        if requirement.strip()
    ]


def _parse_relation(text: str) -> Relation:
    match = _RELATION.fullmatch(text.strip())
    if match is None:
        raise InputError(f"not a dependency: {text.strip()!r}", source="package index")
    return Relation(match["name"], match["operator"] or "", match["version"] or "")
