"""One vocabulary: the words that `docs/glossary.md` retires are not used, in prose or in code."""

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RETIRED = {
    r"mend(?:s|ed|ing)?": "fix, repair",
    r"tells?|told|untold": "report, say, show; distinguish",
    r"breach(?:es)?": "violation",
    r"begun": "started, created",
    r"troubles?": "problem",
    r"folders?": "directory",
    r"stands?(?! (?:alone|apart|in for|out))": "is",
    r"(?<!there )(?:is|are|was|were) no(?! (?:longer|more|less|fewer|better|worse|different))(?= [a-z])": "is not a",
    r"ha(?:s|ve) not got": "does not have",
    r"held against": "compared with",
    r"anew": "again",
}
PROSE = re.compile(rf"(?<![\w`'-])(?:{'|'.join(RETIRED)})(?![\w`'-])", re.IGNORECASE)
GENERATED = ("_build/", "docs/cli/", "docs/rules/", "docs/json/", "/model/", "schema/data/", "documents.md")
LOOP_NAMES = {"each", "one"}
WORDS_OF_NAMES = {
    "mend",
    "mends",
    "mended",
    "tell",
    "tells",
    "told",
    "untold",
    "breach",
    "breaches",
    "begun",
    "folder",
    "folders",
    "wanted",
}
CLASS_NAMES = {"Made", "Known", "Order", "Done", "Wanted", "Breach"}


def files(pattern):
    """Files of the repository's own directories that are not generated."""
    for top in ("src", "library", "docs", "tests", "demo"):
        for path in (ROOT / top).rglob(pattern):
            name = path.relative_to(ROOT).as_posix()
            generated = any(part in name for part in GENERATED)
            if not generated and name not in ("docs/glossary.md", "tests/contracts/test_language.py"):
                yield path
    yield from ROOT.glob(pattern)


def prose_of_page(text):
    """Markdown without its code blocks, code spans, links' addresses and comments."""
    for part in (r"^( *)```.*?^\1```$", r"^:::\{.*?$", r"<!--.*?-->", r"`[^`\n]*`", r"\]\([^)]*\)"):
        text = re.sub(part, lambda found: "\n" * found[0].count("\n"), text, flags=re.MULTILINE | re.DOTALL)
    return text.split("\n")


def prose_of_module(text):
    """Comments, docstrings and messages of a module: all strings with a blank in them."""
    lines = [""] * (text.count("\n") + 2)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            lines[token.start[0]] += token.string
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            lines[node.lineno] += " " + re.sub(r"`[^`\n]*`", "", node.value).replace("\n", " ")
    return lines[1:]


def prose_of_data(text):
    """Lines of a data file or script without names: comments, quoted strings with a blank in them, lines of text."""
    quoted = re.compile(r"""(?P<mark>["'])(?P<words>(?:(?!(?P=mark)).)*)(?P=mark)""")
    for line in re.sub(r"`[^`\n]*`", "", text).split("\n"):
        strings = [found["words"] for found in quoted.finditer(line)]
        comment = re.search(r"(?:^|\s)#.*", line)
        rest = line if not re.search(r"""["'=]""", line) else ""
        yield " ".join([*(words for words in strings if " " in words), comment[0] if comment else "", rest])


def loop_names(tree):
    """The names that loops and comprehensions bind, with their lines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For | ast.comprehension):
            yield from ((name.id, name.lineno) for name in ast.walk(node.target) if isinstance(name, ast.Name))


def retired_words(path):
    """Every retired word of a file as ``line: word``."""
    text = path.read_text()
    prose = {".py": prose_of_module, ".md": prose_of_page}.get(path.suffix, prose_of_data)(text)
    for number, line in enumerate(prose, 1):
        yield from (f"{number}: {found[0]}" for found in PROSE.finditer(line))


def names(tree):
    """The names that a module gives to functions, classes, arguments and variables, with their lines."""
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name, node.lineno
            case ast.Name(id=name, ctx=ast.Store()):
                yield name, node.lineno


def retired_names(path):
    """Every retired name of a module as ``line: name``."""
    tree = ast.parse(path.read_text())
    yield from (f"{line}: loop variable {name}" for name, line in loop_names(tree) if name in LOOP_NAMES)
    yield from (f"{line}: name {name}" for name, line in names(tree) if WORDS_OF_NAMES & set(name.lower().split("_")))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and node.name.lstrip("_") in CLASS_NAMES:
            yield f"{node.lineno}: class {node.name}"


def found_in(path):
    yield from retired_words(path)
    if path.suffix == ".py":
        yield from retired_names(path)


PATHS = {
    path.relative_to(ROOT).as_posix(): path
    for pattern in ("*.md", "*.py", "*.toml", "*.sh", "*.json")
    for path in files(pattern)
}


def test_retired_words_are_not_used():
    assert len(PATHS) > 1000
    assert [f"{name}:{place}" for name, path in sorted(PATHS.items()) for place in found_in(path)] == []


def test_the_glossary_lists_what_is_retired():
    page = (ROOT / "docs" / "glossary.md").read_text().partition("## Words that are not used")[2]
    listed = re.findall(r"^\| (.+?) \|", page, re.MULTILINE)[2:]
    words = " ".join(listed)
    assert len(listed) >= len(RETIRED)
    assert all(name in words for name in (*LOOP_NAMES, *CLASS_NAMES))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It was mended.", ["mended"]), ("There is no file; it is no file.", ["is no"]),
        ("The stand-in stands here.", ["stands"]), ("`folder` is a code span", []), ("```text\nfolder\n```", []),
        ("Folders\nand troubles", ["Folders", "troubles"]), ("It is no longer so.", []),
    ],
)  # fmt: skip
def test_words_are_found_in_prose_alone(text, words):
    assert PROSE.findall("\n".join(prose_of_page(text))) == words


def test_words_are_found_in_strings_of_data():
    lines = [
        'folder = "a"  # two folders',
        'why = "It was told."',
        '{"folder": "its folder"}',
        "The trouble is",
        "folder = 1",
    ]
    assert PROSE.findall("\n".join(prose_of_data("\n".join(lines)))) == ["folders", "told", "folder", "trouble"]


def test_names_are_found_in_loops_and_classes(tmp_path):
    module = tmp_path / "module.py"
    module.write_text(
        '"""A."""\nclass Made: ...\nfor each in (): ...\nx = [one for one in ()]\nsay("two folders")\nfolder_name = 1\n'
    )
    assert sorted(found_in(module)) == [
        "2: class Made",
        "3: loop variable each",
        "4: loop variable one",
        "5: folders",
        "6: name folder_name",
    ]
