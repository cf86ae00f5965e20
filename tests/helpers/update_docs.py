"""Write what programs really print into pages: `python tests/docs/update_docs.py [--needs] PAGE...`.

Output that still fits, with its `...`, is left alone, and what was left out before is left out again where its
neighbours can be found. Read the diff afterwards: it is what readers will see.
"""

import sys
import tempfile
from pathlib import Path

from helpers.doc_blocks import matches, read_blocks
from helpers.doc_runner import needs_of, run_page


def update(page: Path, *, with_needs: bool) -> None:
    """Run a page and rewrite the outputs that differ."""
    changes: list[tuple[int, int, list[str]]] = []
    with tempfile.TemporaryDirectory() as directory:
        blocks = [block for block in read_blocks(page) if with_needs or not needs_of(block)]
        failures = run_page(page.resolve(), blocks, Path(directory), change=lambda *change: changes.append(change))
    lines = page.read_text().splitlines()
    for start, count, actual in sorted(changes, reverse=True):
        old = slice(start - 1, start - 1 + count)
        lines[old] = shortened(lines[old], [line.rstrip() for line in actual])
    page.write_text("\n".join(lines) + "\n")
    changed = {start for start, _, _ in changes}
    for failure in failures:
        if failure.line not in changed and failure.line + 1 not in changed:
            print(f"{page}:{failure.line}: {failure.problem}\n")


def shortened(expected: list[str], actual: list[str]) -> list[str]:
    """New output with the `...` of the old one, in lines and for lines."""
    within = [line for line in expected if "..." in line and line != "..."]
    result = [next((old for old in within if matches([old], [line])), line) for line in actual]
    for place, line in enumerate(expected):
        if line != "...":
            continue
        before, after = expected[:place][-1:], expected[place + 1 :][:1]
        start = result.index(before[0]) + 1 if before and before[0] in result else 0 if not before else None
        rest = result[start:] if start is not None else []
        length = rest.index(after[0]) if after and after[0] in rest else len(rest) if not after else 0
        if start is not None and length:
            result[start : start + length] = ["..."]
    return result


if __name__ == "__main__":
    names = [name for name in sys.argv[1:] if name != "--needs"]
    for name in names:
        update(Path(name), with_needs="--needs" in sys.argv)
