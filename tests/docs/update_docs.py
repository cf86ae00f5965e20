"""Write what programs really print into pages: `python tests/docs/update_docs.py [--needs] PAGE...`.

Output that still fits, with its `...`, is left alone. Read the diff afterwards: it is what readers will see.
"""

import sys
import tempfile
from pathlib import Path

from doc_blocks import read_blocks
from doc_runner import PageRun, missing, needs_of


def update(page: Path, *, with_needs: bool) -> None:
    """Run a page and rewrite the outputs that differ."""
    changes: list[tuple[int, int, list[str]]] = []
    with tempfile.TemporaryDirectory() as folder:
        run = PageRun(Path(folder), page.resolve(), change=lambda *change: changes.append(change))
        blocks = [one for one in read_blocks(page) if with_needs or not needs_of(one)]
        run.run([one for one in blocks if not any(map(missing, needs_of(one)))])
    lines = page.read_text().splitlines()
    for start, count, actual in sorted(changes, reverse=True):
        lines[start - 1 : start - 1 + count] = [line.rstrip() for line in actual]
    page.write_text("\n".join(lines) + "\n")
    changed = {start for start, _, _ in changes}
    for failure in run.failures:
        if failure.line not in changed and failure.line + 1 not in changed:
            print(f"{page}:{failure.line}: {failure.problem}\n")


if __name__ == "__main__":
    wanted = [name for name in sys.argv[1:] if name != "--needs"]
    for name in wanted:
        update(Path(name), with_needs="--needs" in sys.argv)
