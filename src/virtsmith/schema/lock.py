"""The lock: names and union decisions that must not change when libvirt grows."""

from __future__ import annotations

import json
from pathlib import Path

from libvirtxml.files import read_text

from virtsmith.errors import InputError
from virtsmith.schema.build import FLAT
from virtsmith.schema.facts import SchemaFacts
from virtsmith.schema.naming import Names, bodies

SCHEMA = "virtsmith.schema-lock/1"


class Lock:
    """Locked class names by type id, field names by type id and slot, and union attributes by type id."""

    def __init__(self) -> None:
        self.names = Names()
        self.unions: dict[str, str] = {}

    @classmethod
    def load(cls, path: Path) -> Lock:
        """Read a lock file; a missing file gives an empty lock.

        Raises:
            InputError: it is not a lock file.
        """
        lock = cls()
        if not path.exists():
            return lock
        try:
            raw = json.loads(read_text(path))
            if raw["schema"] != SCHEMA:
                raise InputError(f"not a lock file: schema is {raw['schema']!r}", source=str(path))
            lock.names = Names(raw["classes"], raw["fields"])
            lock.unions = raw["unions"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"not a lock file: {error}", source=str(path)) from error
        return lock

    def dump(self) -> str:
        """Return the text of the lock file."""
        data = {
            "schema": SCHEMA,
            "classes": self.names.classes,
            "fields": self.names.fields,
            "unions": self.unions,
        }
        return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False) + "\n"

    def add(self, facts: SchemaFacts, names: Names) -> None:
        """Lock new names and unions; existing ones do not change."""
        for path, name in names.classes.items():
            self.names.classes.setdefault(path, name)
        for path, fields in names.fields.items():
            self.names.fields.setdefault(path, {}).update(
                {key: name for key, name in fields.items() if key not in self.names.fields.get(path, {})}
            )
        for path in names.classes:
            if path in facts.types:
                for owner, body in bodies(facts.types[path], path):
                    self.unions.setdefault(owner, body.union.attribute if body.union else FLAT)
