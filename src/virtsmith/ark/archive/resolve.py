"""The dependency closure of a few packages."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from virtsmith.ark.archive.index import Index, Package
from virtsmith.ark.archive.relations import Relation
from virtsmith.errors import MissingError


class Unresolvable(MissingError):
    """An archive lacks a dependency of one of its packages."""


def resolve(seeds: Iterable[Package], tiers: Sequence[Index], *, skip: Collection[str] = ()) -> list[Package]:
    """Return the seeds and all they depend on, in a stable order (seeds first, then by distance).

    Recommendations are left out. An alternative that is already chosen is preferred, otherwise the first that the
    archive can satisfy is taken, as apt does. Tiers are searched in order, so that a backport is taken only where the
    base suite is too old. Dependencies on names in ``skip`` are not followed. Declared conflicts are ignored: no
    maintainer scripts run, and files that clash are found when the tree is laid out.

    Raises:
        Unresolvable: no package satisfies a dependency.
    """
    chosen: dict[str, Package] = {package.name: package for package in seeds}
    queue = list(chosen.values())
    for package in queue:  # grows during the loop
        for requirement in package.depends:
            if any(relation.name in skip or _is_met(relation, chosen) for relation in requirement):
                continue
            found = _choose(requirement, tiers, skip)
            if found is None:
                alternatives = " | ".join(map(str, requirement))
                raise Unresolvable(
                    f"{package.name} {package.version} needs {alternatives}, which {package.suite} lacks"
                )
            if found.name not in chosen:
                chosen[found.name] = found
                queue.append(found)
    return queue


def _is_met(relation: Relation, chosen: dict[str, Package]) -> bool:
    package = chosen.get(relation.name)
    return package is not None and relation.accepts(package.version)


def _choose(requirement: Sequence[Relation], tiers: Sequence[Index], skip: Collection[str]) -> Package | None:
    for relation in requirement:
        for tier in tiers:
            for package in tier.iter_matching(relation):
                if package.name not in skip:
                    return package
    return None
