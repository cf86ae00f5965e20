"""Puts comments and the like beside the values of a document, which changes nothing that it says."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

FORMS: dict[str, Callable[[str], str]] = {
    "comment before": "<!-- was 7 -->{}".format,
    "comment after": "{}<!-- in KiB -->".format,
    "comment within": lambda text: f"{text[:1]}<!-- - -->{text[1:]}",
    "instruction": "<?keep it?>{}".format,
    "character data": lambda text: f"<![CDATA[{text}]]>",
    "several": lambda text: f"<!--a-->{text[:1]}<![CDATA[{text[1:]}]]><?b?><!--c-->",
}
"""Each takes the value of an element that holds nothing but text, and gives it with something beside it."""

_VALUE = re.compile(r"(<[^!?/<>][^<>]*[^/<>]>|<[^!?/<>]>)([^<>&]*[^<>&\s][^<>&]*)(</)")


def beside_values(document: str, form: Callable[[str], str]) -> str:
    """A document with something beside the value of each element that holds text alone."""
    return _VALUE.sub(lambda match: match[1] + form(match[2]) + match[3], document)


def string_values(document: str) -> list[tuple[str, str]]:
    """Tag and string value of each element, by another parser."""
    root = ET.fromstring(document)  # it leaves comments and instructions out
    return [(element.tag, "".join(element.itertext())) for element in root.iter()]
