"""Pages of the JSON outputs, made from their schemas in `docs/schemas`."""

import json
from pathlib import Path

SCHEMAS = Path(__file__).parents[1] / "schemas"


def schema_pages() -> dict[str, str]:
    """An index and a page for each output, by name without the suffix."""
    schemas = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted(SCHEMAS.glob("*.json"))}
    rows = [f"| [virtsmith.{name}/1]({name}.md) | {schema['description']} |" for name, schema in schemas.items()]
    index = ["# JSON outputs", "", _ABOUT, "", "| schema | output of |", "|---|---|", *rows, ""]
    index += ["```{toctree}", ":hidden:", "", *schemas, "```", ""]
    return {"index": "\n".join(index), **{name: _page(name, schema) for name, schema in schemas.items()}}


_ABOUT = """Every `--json` output is one object whose `schema` names its form: `virtsmith.NAME/1`. Keys are sorted. The
number after the slash increases when a field is removed or changes its meaning. New fields may be added at any time, so
readers must ignore fields they do not know. The pages below have a JSON Schema (draft 2020-12) for each output."""


def _page(name: str, schema: dict[str, object]) -> str:
    text = json.dumps(schema, indent=2, ensure_ascii=False)
    return f"# virtsmith.{name}/1\n\n{schema['description']}\n\n```json\n{text}\n```\n"
