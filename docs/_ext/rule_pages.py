"""The rule catalogue, made from the tables that the checks use."""

import tomllib
from collections.abc import Iterable
from importlib import resources

from command_pages import markdown
from libvirtxml.findings import Rule

from virtsmith.abi.machines import RULES as MACHINE_RULES
from virtsmith.ark.install.maintain import RULES as ARK_RULES
from virtsmith.host.lint.run import RULES as HOST_RULES
from virtsmith.po.check.rules import RULES as PO_RULES

_TITLES = {
    "host": ("Rules of host lint", "Checked by `virtsmith host lint`, explained by `virtsmith host rules`."),
    "po": ("Rules of po check", "Checked by `virtsmith po check`, explained by `virtsmith po rules`."),
    "ark": ("Rules of ark verify", "Checked by `virtsmith ark verify`."),
    "machines": ("Rules of abi machines", "Checked by `virtsmith abi machines`."),
    "abi": ("Rules of abi diff", "What `virtsmith abi diff` calls a difference; the first rule that fits decides."),
}


def rule_pages() -> dict[str, str]:
    """An index and a page for each family of rules, by name without the suffix."""
    fixable = {lint.rule.id for lint in HOST_RULES if lint.repair}
    pages = {
        "host": _page("host", ((lint.rule, lint.rule.id in fixable) for lint in HOST_RULES)),
        "po": _page("po", ((rule, "--fix" in rule.fix) for rule in PO_RULES.values())),
        "ark": _page("ark", ((rule, False) for rule in ARK_RULES)),
        "machines": _page("machines", ((rule, False) for rule in MACHINE_RULES)),
    }
    table = resources.files("virtsmith.abi").joinpath("diff", "rules.toml")
    if table.is_file():
        pages["abi"] = _abi_page(tomllib.loads(table.read_text(encoding="utf-8"))["rule"])
    rows = [f"| [{_TITLES[name][0]}]({name}.md) | {_TITLES[name][1]} |" for name in pages]
    index = ["# Rules", "", "Every rule has an id that stays. Findings name it in all formats.", ""]
    index += ["| family | where |", "|---|---|", *rows, "", "```{toctree}", ":hidden:", "", *pages, "```", ""]
    return {"index": "\n".join(index), **pages}


def _page(name: str, rules: Iterable[tuple[Rule, bool]]) -> str:
    rules = list(rules)
    lines = _head(name, [(rule.id, rule.severity.value, rule.title) for rule, _ in rules])
    for rule, fixable in rules:
        lines += [f"({rule.id.lower()})=", f"## {rule.id}", "", f"**{_sentence(rule.title)}**", ""]
        lines += [f"*{rule.severity.value}{', fixed by `--fix`' if fixable else ''}*", ""]
        lines += [f"Why: {_sentence(rule.why)}", "", f"Fix: {_sentence(rule.fix)}", ""]
    return "\n".join(lines)


def _abi_page(rules: list[dict[str, str]]) -> str:
    lines = _head("abi", [(rule["id"], rule["impact"], rule["title"]) for rule in rules])
    for rule in rules:
        lines += [f"({rule['id'].lower()})=", f"## {rule['id']}", "", f"**{_sentence(rule['title'])}**", ""]
        lines += [f"*{rule['impact']}*", "", f"Why: {_sentence(rule['reason'])}", ""]
        lines += [f"Fix: {_sentence(rule['fix'])}", ""] if rule.get("fix") else []
    return "\n".join(lines)


def _head(name: str, rules: list[tuple[str, str, str]]) -> list[str]:
    title, about = _TITLES[name]
    rows = [f"| [{rule}](#{rule.lower()}) | {weight} | {_sentence(text)} |" for rule, weight, text in rules]
    return [f"# {title}", "", about, "", "| rule | weight | what |", "|---|---|---|", *rows, ""]


def _sentence(text: str) -> str:
    text = markdown(" ".join(text.split()))
    return text[:1].upper() + text[1:]
