"""The examples of a documentation page: its fenced blocks, and the marks before them.

Marks are HTML comments, which readers do not see:

`<!-- file: NAME -->`
    The block below is a file of this name; it is written before the blocks that follow run.
`<!-- needs: THING, ... -->`
    The block runs where these are: programs, paths, `network`, or `ark:qemu@7.2` for an installed version.
`<!-- not run: REASON -->`
    The block is only looked at.
`<!-- setup: COMMAND -->`
    A command that readers need not see; it stands alone.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
_GENERATED = {"_build", "_generated", "cli", "json", "rules"}
PAGES = [
    ROOT / "README.md",
    *sorted(page for page in (ROOT / "docs").rglob("*.md") if not _GENERATED & {*page.relative_to(ROOT).parts}),
]
_MARK = re.compile(r"<!-- (file|needs|not run|setup): (.*?) -->")
_BEYOND = re.compile(
    r"\b(sudo|ssh|virsh|apt-get|make|pip|schema (import|generate)|host (up|down|console)|po (push|pull|lock|unlock)"
    r"|ark (install|build|srpm|shell|remove|clean|daemon|run))(?![\w@-])"
)
_FENCE = re.compile(r"(`{3,}|~{3,})(.*)")


@dataclass
class Command:
    """One command of a console block, and what it is to print; None where the page shows no output."""

    line: int
    text: str
    expected: list[str] | None = None


@dataclass
class Block:
    """A fenced block: `line` is that of its first line of content."""

    language: str
    lines: list[str]
    line: int
    marks: dict[str, str] = field(default_factory=dict)
    output: "Block | None" = None
    """What a Python block is to print: the `text` block that follows it at once."""

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self.lines)

    @property
    def reaches_beyond(self) -> bool:
        """Whether it does more than read and write in its directory, and does not say what it needs for that."""
        marked = self.marks.keys() & {"needs", "not run"}
        return (
            self.language == "console"
            and not marked
            and any(_BEYOND.search(command.text) for command in self.commands())
        )

    def commands(self) -> list[Command]:
        """The commands of a console block; a command goes on after a backslash, or to the end of a here document."""
        found: list[Command] = []
        open_until = ""
        for number, line in enumerate(self.lines, self.line):
            if open_until or (found and found[-1].expected is None and found[-1].text.endswith("\\")):
                found[-1].text += f"\n{line}"
                open_until = "" if line == open_until else open_until
            elif line.startswith("$ "):
                found.append(Command(number, line[2:]))
                here = re.search(r"<<\s*'?(\w+)'?", line)
                open_until = here[1] if here else ""
            elif found:
                found[-1].expected = [*(found[-1].expected or []), line]
        return found


def read_blocks(page: Path) -> list[Block]:
    """All blocks of a page in order; setup commands are console blocks with that mark."""
    blocks: list[Block] = []
    marks: dict[str, str] = {}
    open_block: Block | None = None
    fence, since_block = "", 0
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if open_block is not None:
            if line.strip() == fence:
                open_block = None
                since_block = number
            else:
                open_block.lines.append(line)
        elif mark := _MARK.fullmatch(line):
            if mark[1] == "setup":
                blocks.append(Block("console", [f"$ {mark[2]}"], number, {"setup": ""}))
            else:
                marks[mark[1]] = mark[2]
        elif opening := _FENCE.fullmatch(line):
            fence, open_block = opening[1], Block(opening[2].strip(), [], number + 1, marks)
            previous = blocks[-1] if blocks else None
            follows = previous is not None and previous.language == "python" and since_block >= number - 2
            if previous and follows and open_block.language == "text":
                previous.output = open_block
            blocks.append(open_block)
            marks = {}
        elif line.strip():
            assert not marks, f"{page.name}:{number}: a mark must be directly before its block"
    return blocks


def matches(expected: list[str], actual: list[str]) -> bool:
    """Whether output is what the page shows; `...` matches anything, within a line or as whole lines."""
    lines = [line.rstrip() for line in expected]
    pattern = "\n".join(re.escape(line).replace(r"\.\.\.", ".*") if line != "..." else "\0" for line in lines)
    pattern = pattern.replace("\n\0", r"(?:\n[^\n]*)*").replace("\0", r"[^\n]*(?:\n[^\n]*)*")
    return re.fullmatch(pattern, "\n".join(line.rstrip() for line in actual)) is not None
