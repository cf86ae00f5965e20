"""The rules behind the ids of findings: what each means, why it matters, and what to do.

Findings of `validate` and of programs that make findings of `libvirtxml.acceptance` and `round_trip` name them.
"""

from __future__ import annotations

from libvirtxml.acceptance import RefusalKind
from libvirtxml.findings import Rule, Severity

__all__ = [
    "DIFFERENCE_RULE",
    "PRIVATE_RULE",
    "REFUSAL_RULES",
    "ROUND_TRIP_RULES",
    "RULES",
    "UNKNOWN_RELEASE_RULE",
    "UNKNOWN_RULE",
    "VALIDATION_RULES",
]

VALIDATION_RULES = (
    Rule("xml-unknown-element", "an element is unknown", "No libvirt release has it there: libvirt ignores it or "
         "refuses the document.", "Correct its name or its place; the finding lists what may be there."),
    Rule("xml-unknown-attribute", "an attribute is unknown", "No libvirt release has it there: libvirt ignores it or "
         "refuses the document.", "Correct its name or its place; the finding lists what may be there."),
    Rule("xml-unknown-text", "an element holds text that it cannot have", "libvirt does not read it.",
         "Remove the text, or put it into the element that is meant."),
    Rule("xml-value", "a value is not allowed", "The schema does not have it; libvirt refuses most such values.",
         "Use one of the values that the finding names."),
    Rule("xml-missing", "a required part is missing", "The schema demands it; libvirt refuses documents without it.",
         "Add it."),
    Rule("xml-class", "an element is of no known kind", "Which elements it may hold depends on an attribute that "
         "has no known value.", "Correct the attribute."),
    Rule("xml-combination", "parts do not go together", "Each is allowed, but not beside the other.",
         "Remove one of them."),
    Rule("xml-schema", "the schema refuses the document", "No more is known than libxml2 says.",
         "Compare the place with libvirt's documentation."),
    Rule("xml-unchecked", "rules of combination were not checked", "Only real schemas know them all.",
         "Install libvirt, or name a directory of its schemas with --schemas.", Severity.NOTE),
)  # fmt: skip
"""Of `libvirtxml.validate`."""

_WHY_REFUSED = (
    "The schema of a release that was asked for does not have it: libvirt may ignore it, refuse it, or take it."
)
_REFUSALS = {
    RefusalKind.ELEMENT: (
        "an element is not in the schemas of all releases",
        "Remove it, or ask for releases that have it.",
    ),
    RefusalKind.ATTRIBUTE: (
        "an attribute is not in the schemas of all releases",
        "Remove it, or ask for releases that have it.",
    ),
    RefusalKind.VALUE: (
        "a value is not in the schemas of all releases",
        "Use another value, or ask for releases that have it.",
    ),
    RefusalKind.TEXT: (
        "a text is not in the schemas of all releases",
        "Use another text, or ask for releases that allow it.",
    ),
    RefusalKind.MISSING: ("a part is missing that the schema of a release demands", "Add it."),
    RefusalKind.REPEATED: (
        "an element is repeated, and the schema of a release has it once",
        "Keep one, or ask for releases that allow several.",
    ),
    RefusalKind.COMBINATION: ("parts exclude each other in the schema of a release", "Remove one of them."),
    RefusalKind.SCHEMA: ("the schema of a release refuses it", "Compare the place with that release's documentation."),
}
REFUSAL_RULES = {
    kind: Rule(f"xml-refused-{kind.value}", title, _WHY_REFUSED, fix) for kind, (title, fix) in _REFUSALS.items()
}
"""Of `libvirtxml.acceptance.check`, by the kind of refusal."""
UNKNOWN_RELEASE_RULE = Rule(
    "xml-release-unknown",
    "what the schema of a release makes of the document is not known",
    "Its schema is not among the facts, and the releases around it differ.",
    "Ask its real schemas, with --schemas.",
    Severity.WARNING,
)
DIFFERENCE_RULE = Rule(
    "xml-roundtrip-lost",
    "reading and writing changes the document",
    "Something in it is lost or altered: this is a bug in libvirtxml.",
    "Report the document.",
)
UNKNOWN_RULE = Rule(
    "xml-roundtrip-unknown",
    "the model does not know it",
    "It is kept as it is, but has no field.",
    "Use it through the element's unknown content.",
    Severity.NOTE,
)
PRIVATE_RULE = Rule(
    "xml-roundtrip-private",
    "private data of libvirtd",
    "The daemon keeps it for itself; it is kept as it is.",
    "Nothing need be done.",
    Severity.NOTE,
)
ROUND_TRIP_RULES = (DIFFERENCE_RULE, UNKNOWN_RULE, PRIVATE_RULE)
"""Of `libvirtxml.round_trip`."""
RULES = (*VALIDATION_RULES, *REFUSAL_RULES.values(), UNKNOWN_RELEASE_RULE, *ROUND_TRIP_RULES)
"""All of them."""
