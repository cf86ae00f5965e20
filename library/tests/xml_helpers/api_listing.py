"""What a package offers: the public names of its public modules with their signatures, as text.

Read from the source and not from objects, so that every Python gives the same text. A name is public if no part of its
path begins with an underscore. Names that a package's ``__init__`` offers lazily are listed from its type-checking
imports.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

_DATA = (ast.Assign, ast.AnnAssign)


def api_listing(package: Path) -> str:
    """The listing of a package directory: a heading for each module, a line for each name."""
    return "".join(f"{line}\n" for path in _modules(package) for line in _module_lines(path, package))


def _modules(package: Path) -> list[Path]:
    public = [
        path
        for path in package.rglob("*.py")
        if not any(_is_private(part) for part in path.relative_to(package).with_suffix("").parts)
    ]
    return sorted(public, key=lambda path: _dotted(path, package))


def _is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def _dotted(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _module_lines(path: Path, package: Path) -> Iterator[str]:
    lines = list(_names(ast.parse(path.read_text(encoding="utf-8")).body))
    if lines:
        yield f"[{_dotted(path, package)}]"
        yield from lines


def _names(body: list[ast.stmt]) -> Iterator[str]:
    yield from sorted(_reexports(body))
    for node in body:
        yield from _definition(node)


def _reexports(body: list[ast.stmt]) -> Iterator[str]:
    """Names that are imported as themselves: for type checkers that makes them public."""
    for node in body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            yield from _reexports(node.body)
        elif isinstance(node, ast.ImportFrom):
            yield from (name.name for name in node.names if name.asname == name.name)


def _definition(node: ast.stmt) -> Iterator[str]:
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not _is_private(node.name):
        yield _signature(node)
    elif isinstance(node, ast.ClassDef) and not _is_private(node.name):
        bases = ", ".join(ast.unparse(base) for base in node.bases)
        yield f"class {node.name}({bases})" if bases else f"class {node.name}"
        yield from (f"    {line}" for member in node.body for line in _definition(member))
    elif isinstance(node, _DATA):
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        annotation = f": {ast.unparse(node.annotation)}" if isinstance(node, ast.AnnAssign) else ""
        yield from (
            f"{target.id}{annotation}"
            for target in targets
            if isinstance(target, ast.Name) and not target.id.startswith("_")
        )


def _signature(node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    result = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    is_property = any(ast.unparse(decorator) == "property" for decorator in node.decorator_list)
    return f"{node.name}{result}" if is_property else f"{node.name}({ast.unparse(node.args)}){result}"


if __name__ == "__main__":
    root = Path(__file__).parents[3]
    for package, tests in (("library/src/libvirtxml", "library/tests"), ("src/virtsmith", "tests")):
        (root / tests / "contracts" / "api.txt").write_text(api_listing(root / package), encoding="utf-8")
