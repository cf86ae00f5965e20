"""Tables as CSV files: a named column for each field, one row for each fact, errors with their line."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence

from virtsmith.errors import InputError


def parse_rows(
    text: str, source: str, columns: Sequence[str], required: set[str]
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the rows of a table with their line numbers; columns that the table lacks are left out.

    Raises:
        InputError: the first line does not name columns, or a row has another number of fields.
    """
    reader = csv.DictReader(io.StringIO(text), restkey="more", strict=True)
    try:
        if reader.fieldnames is None or not required <= set(reader.fieldnames) <= set(columns):
            raise InputError(f"the first line must name columns from {', '.join(columns)}", source=source, line=1)
        for row in reader:
            if "more" in row or None in row.values():
                raise InputError("wrong number of fields", source=source, line=reader.line_num)
            yield reader.line_num, row
    except csv.Error as error:
        raise InputError(str(error), source=source, line=reader.line_num) from error


def dump_rows(columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> str:
    """Write a table."""
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()
