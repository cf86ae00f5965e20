"""What a release added to libvirt's schemas and dropped from them, for readers."""

from __future__ import annotations

from collections.abc import Iterator

from virtsmith.schema.facts import SchemaFacts
from virtsmith.schema.naming import bodies, variant_path


def release_additions(facts: SchemaFacts, release: str) -> dict[str, list[str]]:
    """Return the paths that a release added and dropped, compared with the previous release in the facts.

    Only topmost paths are listed: an element, but not its content.
    """
    index = facts.releases.index(release)
    now, before = 1 << index, 1 << index - 1 if index else 0
    added = [path for path, mask in _dated_paths(facts) if before and mask & now and not mask & before]
    dropped = [path for path, mask in _dated_paths(facts) if mask & before and not mask & now]
    return {"added": _topmost(added), "dropped": _topmost(dropped)}


def describe_release(facts: SchemaFacts, release: str) -> str:
    """Return the additions and drops as text."""
    index = facts.releases.index(release)
    if index == 0:
        return f"libvirt {release} is the oldest release in the facts.\n"
    changes = release_additions(facts, release)
    lines = [f"libvirt {release}, compared with {facts.releases[index - 1]}:"]
    for kind, mark in (("added", "+"), ("dropped", "-")):
        lines += [f"  {mark} {path}" for path in changes[kind]]
    if len(lines) == 1:
        lines.append("  the schemas are the same")
    return "\n".join(lines) + "\n"


def _dated_paths(facts: SchemaFacts) -> Iterator[tuple[str, int]]:
    """Yield every element, attribute, value and variant with the releases that have it."""
    for kind in facts.types.values():
        for path, body in bodies(kind, kind.id):
            if body.union:
                for value, variant in body.union.variants.items():
                    yield variant_path(path, body.union.attribute, value), variant.since
            for key, slot in body.slots.items():
                place = f"{path}/{key}" if not key.startswith("#") else f"{path}/text()"
                yield place, slot.since
                for text, mask in slot.value.values.items() if slot.value else ():
                    yield f"{place}={text}", mask


def _topmost(paths: list[str]) -> list[str]:
    result: list[str] = []
    for path in sorted(set(paths)):
        if not any(path.startswith((top + "/", top + "=", top + "[")) for top in result):
            result.append(path)
    return result
