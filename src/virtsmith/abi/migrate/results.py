"""Writing and reading the results of ``virtsmith abi migrate --json``, which verdicts and reports use."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from libvirtxml.files import read_bytes

from virtsmith.abi.dump.model import Load
from virtsmith.abi.migrate.matrix import Matrix
from virtsmith.errors import InputError

SCHEMA = "virtsmith.abi-migrate/1"


def to_data(matrix: Matrix) -> dict[str, Any]:
    """Return the matrix as JSON data."""
    binaries = [
        {"key": binary.key, "version": binary.version, "package": binary.package, "sha256": binary.sha256}
        for binary in matrix.binaries
    ]
    return {"binaries": binaries, "loads": [load.to_dict() for load in matrix.loads]}


def read_loads(path: Path) -> list[Load]:
    """Read the loads from a file.

    Raises:
        InputError: it cannot be read, or is not such a file.
    """
    try:
        data = json.loads(read_bytes(path))
        loads = [Load.from_dict(record) for record in data["loads"]] if data["schema"] == SCHEMA else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise InputError(
            f"not results of abi migrate: {error}", source=str(path), hint="virtsmith abi migrate ... --json -o FILE"
        ) from error
    if loads is None:
        raise InputError(f"the schema is {data['schema']}, not {SCHEMA}", source=str(path))
    return loads
