"""No module imports itself through others, be it at its top or in a function.

There is one star: what reads, writes and converts elements has their base class in its annotations, which programs
evaluate, and the base class has it as methods, which import it when they are called.
"""

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [ROOT / "src", ROOT / "library" / "src"]
STAR = "libvirtxml._impl.element"
IMPORT = ast.Import | ast.ImportFrom


def modules():
    """The modules of both distributions: dotted name to path."""
    found = {}
    for source in SOURCES:
        for path in source.rglob("*.py"):
            parts = path.relative_to(source).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def imports(tree, *, typing):
    """What is imported anywhere in a tree: (module, name or None); for type checkers alone only with ``typing``."""
    todo = [tree]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not used here"
            yield from ((node.module, alias.name) for alias in node.names)
        elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING" and not typing:
            todo += node.orelse
        else:
            todo += ast.iter_child_nodes(node)


def graph(*, typing=False):
    """Which modules each module imports, generated ones too."""
    known = modules()
    edges = defaultdict(set)
    for module, path in known.items():
        for source, name in imports(ast.parse(path.read_text()), typing=typing):
            target = f"{source}.{name}" if f"{source}.{name}" in known else source
            if target in known and target != module:
                edges[module].add(target)
    return edges


def circles(edges):
    """The strongly connected components of more than one module (Tarjan)."""
    index, low, stack, found = {}, {}, [], []

    def visit(module):
        index[module] = low[module] = len(index)
        stack.append(module)
        for target in edges.get(module, ()):
            if target not in index:
                visit(target)
                low[module] = min(low[module], low[target])
            elif target in stack:
                low[module] = min(low[module], index[target])
        if low[module] == index[module]:
            at = stack.index(module)
            component = set(stack[at:])
            del stack[at:]
            if len(component) > 1:
                found.append(component)

    for module in list(edges):
        if module not in index:
            visit(module)
    return found


def test_circles_are_found():
    edges = {"a": {"b"}, "b": {"c", "d"}, "c": {"a"}, "d": {"e"}, "e": set(), "f": {"a", "g"}, "g": {"f"}}
    assert sorted(map(sorted, circles(edges))) == [["a", "b", "c"], ["f", "g"]]


def test_imports_in_functions_count_and_those_for_type_checkers_do_not():
    tree = ast.parse("if TYPE_CHECKING:\n    import a\nelse:\n    import b\ndef f():\n    from c import d")
    assert set(imports(tree, typing=False)) == {("b", None), ("c", "d")}
    assert set(imports(tree, typing=True)) == {("a", None), ("b", None), ("c", "d")}


def test_no_module_imports_itself_through_others():
    edges = graph()
    assert len(edges) > 300
    at_the_top = ast.Module(
        [node for node in ast.parse(modules()[STAR].read_text()).body if isinstance(node, IMPORT)], []
    )
    edges[STAR] = {source for source, _ in imports(at_the_top, typing=False)}
    assert circles(edges) == []


def test_for_type_checkers_all_circles_go_through_a_facade():
    """What converts elements, or looks at them, has those in its annotations that have it as a method or a name."""
    edges = graph(typing=True)
    assert circles(edges) != []
    del edges["libvirtxml"], edges[STAR]
    assert circles(edges) == []
