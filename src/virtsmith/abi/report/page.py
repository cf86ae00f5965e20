"""The page: template, style and script combined into one file without external resources."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

_RESOURCES = files("virtsmith.abi.report")


def render_report(data: Mapping[str, Any]) -> str:
    """Return the HTML page for the data from `build_report`.

    The page contains the data as JSON. Its content security policy allows only its own style and script, so that
    nothing in a dump, such as a device name with markup, can run.
    """
    style, script = _resource("page.css"), _resource("page.js")
    parts = {
        "@TITLE@": _escape(str(data["title"])),
        "@STYLE_HASH@": _digest(style),
        "@SCRIPT_HASH@": _digest(script),
        "@STYLE@": style,
        "@SCRIPT@": script,
        "@DATA@": _embedded(data),
    }
    page = _resource("page.html")
    for name in ("@TITLE@", "@STYLE_HASH@", "@SCRIPT_HASH@", "@STYLE@", "@SCRIPT@", "@DATA@"):
        page = page.replace(name, parts[name])  # data last: it may contain anything
    return page


def _resource(name: str) -> str:
    return _RESOURCES.joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embedded(data: Mapping[str, Any]) -> str:
    """Return JSON that cannot end the script element that contains it."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
