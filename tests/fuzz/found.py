"""Inputs that were found by fuzzing and failed: the name of the harness, and the input.

`make fuzz` prints what it finds as lines for this list.
"""

from __future__ import annotations

import io
import zipfile

_EMPTY_NAME = io.BytesIO()
with zipfile.ZipFile(_EMPTY_NAME, "w") as _archive:
    _archive.writestr(zipfile.ZipInfo("a"), b"")
FOUND: list[tuple[str, bytes]] = [
    ("path", b"devices.disks[" + b"9" * 5000 + b"]"),
    ("xpath", b"/a/b[" + b"9" * 5000 + b"]"),
    ("xpath", b"/a/b[last() - " + b"9" * 5000 + b"]"),
    ("since", b"."),
    ("package version", b"1:7." + b"9" * 5000),
    ("package version", b"9" * 5000 + b":1"),
    ("keyword", b"pgettext:1c," + b"9" * 5000),
    ("numactl", b"available: 1 nodes (0)\nnode 0 cpus: " + b"9" * 5000 + b"\nnode 0 size: 1 MB\n"),
    ("numactl", b"available: 1 nodes (0)\nnode 0 cpus: 0\nnode 0 size: " + b"9" * 5000 + b" MB\n"),
    ("lstopo", b"Machine (1MB total)\n  NUMANode P#" + b"9" * 5000 + b" (1MB)\n"),
    ("Copr", b"[copr-cli]\nlogin = a\nusername = b\ntoken = c\ncopr_url = https://copr.[.org\n"),
    ("recording", b'{"execute": "a", "arguments": {"b": ' + b"9" * 5000 + b"}}"),
    ("catalogue", b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\\\"\n"Plural-Forms: x"\n'),
    ("history of machine types", b"releases = " + b"[" * 5000),
    ("LINGUAS", b"pt_BR .M"),
    ("meson.build", b"i18n = import(" + b"(" * 3000),
    ("meson.build", b"i18n.gettext('a', ('b', 'c'))"),
    ("setup.cfg", b"[extract_messages]\nmapping-file = m" + b"9" * 5000),
    ("setup.cfg", b"[extract_messages]\nkeywords = _'"),
    ("babel.cfg", b"[c: **.py]\n[a: /x/**]\n"),
    ("babel.cfg", b"[c: x**.py]\n"),
    ("POTFILES", b"[" * 5000),
    ("POTFILES", b"a\0b"),
    ("Weblate's archive", _EMPTY_NAME.getvalue().replace(b"a\0", b"\0\0")),
]
