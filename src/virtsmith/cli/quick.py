"""The fast path for ``ark run``, which may add only a few milliseconds to the program that it starts."""

from __future__ import annotations

import os
from collections.abc import Sequence

from virtsmith.errors import VirtsmithError


def run(words: Sequence[str]) -> None:
    """Execute the program, if the command line is a plain ``APP@VERSION... -- PROGRAM ...``.

    Returns for anything else, such as options or mistakes, which the real command handles.
    """
    if "--" not in words or any(word.startswith("-") for word in words[: words.index("--")]):
        return
    from virtsmith.ark import use
    from virtsmith.ark.layout import Ark
    from virtsmith.ark.requests import VersionRequest, require_installed
    from virtsmith.core.run import replace_process

    end = words.index("--")
    try:
        ark = Ark.open()
        versions = [require_installed(ark, VersionRequest.parse(word)) for word in words[:end]]
        environment = {**os.environ, **use.variables(versions, os.environ, building=False)}
        if versions and words[end + 1 :]:
            replace_process(use.command_line(ark, versions, words[end + 1 :]), env=environment)
    except VirtsmithError:
        return
