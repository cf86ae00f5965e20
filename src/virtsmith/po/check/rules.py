"""The rules of ``virtsmith po check``; ids are stable."""

from __future__ import annotations

from libvirtxml.findings import Finding, Location, Rule, Severity

_RULES = (
    Rule("PO001", "The catalogue can be read", "A broken file loses every translation in it.", "Mend the named line."),
    Rule("PO101", "The catalogue is in its stored form",
         "Other forms bring moved lines and dead strings back into every diff.",
         "Run `virtsmith po minimize`, or `virtsmith po check --fix`."),
    Rule("PO102", "The header has the usual fields, filled in",
         "Tools and readers find language, team and charset there.", "Fill in the field.", Severity.WARNING),
    Rule("PO103", "The header's language is that of the file name",
         "Tools that trust the header would file the texts under the wrong language.",
         "Set the Language field.", Severity.WARNING),
    Rule("PO104", "The catalogue is UTF-8", "Other charsets cannot hold every text and differ between tools.",
         "Run `virtsmith po check --fix`.", Severity.WARNING),
    Rule("PO105", "The header is not marked fuzzy",
         "Babel's compiler passes over the whole catalogue then: no translation is shown. Templates have the mark, and "
         "copies of them keep it.", "Take `fuzzy` off the header's flags.", Severity.WARNING),
    Rule("PO201", "Original and translation begin and end with a line feed alike",
         "Output lines would run together or be torn apart.", "Add or remove the \\n."),
    Rule("PO202", "The translation takes the arguments of the original",
         "A wrong argument prints nonsense or crashes the program.", "Use the directives of the original."),
    Rule("PO203", "Plural forms fit the header", "A missing form leaves the C library without a text.",
         "Set Plural-Forms and translate exactly that many forms."),
    Rule("PO204", "Every plural form has a text", "The empty form shows users an empty text.",
         "Translate the missing form, or empty the first one too."),
    Rule("PO205", "Every format string can be checked", "What is not checked may be wrong.",
         "Install gettext, in a version whose msgfmt knows this language.", Severity.NOTE),
    Rule("PO301", "Listed languages are there", "A build that follows LINGUAS stops.",
         "Add the catalogue or take the language off the list."),
    Rule("PO302", "Catalogues are listed", "A language that is not in LINGUAS is not installed.",
         "Run `virtsmith po check --fix`."),
    Rule("PO303", "Translations are of messages that exist",
         "Translations of removed messages are dead weight.", "Run `virtsmith po check --fix --drop-stale`.",
         Severity.NOTE),
    Rule("PO304", "The template is up to date with the sources",
         "Translators do not see new messages, and translate old ones.", "Run `virtsmith po extract`."),
    Rule("PO305", "The sources have the messages that were there before",
         "An extraction that finds too little looks like a project that dropped its messages; trusting it would cost "
         "their translations.", "Correct sources, POTFILES or keywords; if so much is really gone, pull again.",
         Severity.WARNING),
    Rule("PO306", "Every listed source is there",
         "Messages of files that a build makes are missing where nothing was built yet.",
         "Name the build directory in `build-directories`, or correct POTFILES.", Severity.NOTE),
)  # fmt: skip

RULES = {rule.id: rule for rule in _RULES}
"""The rules of `virtsmith.po.check_files` and `check_project`, by their ids."""


def finding(rule: str, subject: str, message: str, source: str | None, line: int | None = None) -> Finding:
    """A finding with its rule's severity."""
    return Finding(rule, RULES[rule].severity, subject, message, where=Location(source, line))
