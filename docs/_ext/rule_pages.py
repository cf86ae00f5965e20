"""The rule catalogue, made from what the `rules` commands explain."""

from collections.abc import Iterable

from command_pages import markdown

from virtsmith.cli.abi import history as abi
from virtsmith.cli.ark import rules as ark
from virtsmith.cli.host import lint as host
from virtsmith.cli.po import reports as po
from virtsmith.cli.rules import Explained
from virtsmith.cli.xml import rules as xml
from virtsmith.report.links import anchor, page_of

_TITLES = {
    "xml": (
        "Rules of xml",
        "Of `virtsmith xml validate`, `check` and `roundtrip`; `virtsmith xml rules` explains them.",
    ),
    "host": ("Rules of host lint", "Of `virtsmith host lint`; `virtsmith host rules` explains them."),
    "verify": ("Rules of host verify", "Compared by `virtsmith host verify`."),
    "twin": ("Notes of host twin", "What `virtsmith host twin` says of the host that it writes."),
    "export": ("Notes of host export", "What `virtsmith host export` says of what it writes."),
    "po": ("Rules of po check", "Of `virtsmith po check`; `virtsmith po rules` explains them."),
    "ark": ("Rules of ark", "Of `virtsmith ark verify`, `doctor` and `check`; `virtsmith ark rules` explains them."),
    "machines": ("Rules of abi machines", "Of `virtsmith abi machines`; `virtsmith abi rules` explains them."),
    "abi": ("Rules of abi diff", "What `virtsmith abi diff` calls a difference; the first rule that fits decides."),
}


def rule_pages() -> dict[str, str]:
    """An index and a page for each family of rules, by name without the suffix."""
    families: dict[str, list[Explained]] = {name: [] for name in _TITLES}
    for tool in (xml, host, po, ark, abi):
        for rule in tool.explained():
            families[page_of(rule.rule.id)].append(rule)
    pages = {name: _page(name, rules) for name, rules in families.items()}
    rows = [f"| [{_TITLES[name][0]}]({name}.md) | {_TITLES[name][1]} |" for name in pages]
    index = ["# Rules", "", "Every rule has an id that stays. Findings name it in all formats.", ""]
    index += ["| family | where |", "|---|---|", *rows, "", "```{toctree}", ":hidden:", "", *pages, "```", ""]
    return {"index": "\n".join(index), **pages}


def _page(name: str, rules: Iterable[Explained]) -> str:
    rules = list(rules)
    title, about = _TITLES[name]
    rows = [
        f"| [{rule.rule.id}](#{anchor(rule.rule.id)}) | {_weight(rule)} | {_sentence(rule.rule.title)} |"
        for rule in rules
    ]
    lines = [f"# {title}", "", about, "", "| rule | weight | what |", "|---|---|---|", *rows, ""]
    for rule in rules:
        lines += [f"({anchor(rule.rule.id)})=", f"## {rule.rule.id}", "", f"**{_sentence(rule.rule.title)}**", ""]
        lines += [f"*{_weight(rule)}*", "", f"Why: {_sentence(rule.rule.why)}", ""]
        lines += [f"Fix: {_sentence(rule.rule.fix)}", ""] if rule.rule.fix else []
    return "\n".join(lines)


def _weight(rule: Explained) -> str:
    return rule.weight.replace("--fix", "fixed by `--fix`") or rule.rule.severity.value


def _sentence(text: str) -> str:
    text = markdown(" ".join(text.split()))
    return text[:1].upper() + text[1:]
