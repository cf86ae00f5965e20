"""Launchers: small scripts that start a program of an installed version like any other program.

They need no Python and no shell of the host, so that a libvirt of the ark can use them as ``<emulator>`` from inside
its own file tree.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable
from importlib import resources
from pathlib import Path, PurePosixPath

from libvirtxml.files import write_if_changed

from virtsmith.ark.layout import Ark
from virtsmith.core.dirs import STATE_HOME_IN_SHELL
from virtsmith.core.drafts import write_draft
from virtsmith.errors import MissingError, UsageError

STATE_VARIABLE = "VIRTSMITH_ARK_STATE"
"""The directory with the private ``etc/libvirt``, ``run`` and ``var`` of the libvirt that is started."""
EMULATORS_VARIABLE = "VIRTSMITH_ARK_EMULATORS"
"""The directory with the launchers of the QEMU that the libvirt that is started finds in its ``/usr/bin``."""
_SCRIPTS = ("launch.sh", "enter.sh", "load.sh", "state.sh")
_LONGEST_SHEBANG = 120
_SAFE = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._+~-@%:,=")


def require_plain(path: Path) -> None:
    """Check that a path can be used in the first line of a script.

    Raises:
        UsageError: it is too long, or has spaces or quotes in it.
    """
    text = str(path)
    if len(text) > _LONGEST_SHEBANG or not _SAFE.issuperset(text):
        raise UsageError(
            f"an ark cannot be at {text!r}", hint="choose a short path of letters, digits and ._+~-@%:,= with --ark"
        )


def busybox(ark: Ark) -> Path:
    """The static program that launchers run under."""
    return ark.tools / "busybox"


def install_tools(ark: Ark, program: Path) -> None:
    """Put the launchers' common parts in place; ``program`` is a static busybox."""
    require_plain(busybox(ark))
    ark.tools.mkdir(parents=True, exist_ok=True)
    if not busybox(ark).exists():
        handle, draft = tempfile.mkstemp(dir=ark.tools)
        os.close(handle)
        shutil.copyfile(program, draft)
        Path(draft).chmod(0o755)
        Path(draft).replace(busybox(ark))
    for name in _SCRIPTS:
        text = resources.files("virtsmith.ark.install").joinpath(name).read_text()
        write_if_changed(ark.tools / name, text)


def command(ark: Ark, root: Path, program: str, state: Path | None = None) -> list[str]:
    """Return the start of a command line that runs a program inside a file tree.

    It uses the scripts of this virtsmith, which may be newer than those of the ark.
    """
    tool, scripts = busybox(ark), Path(__file__).parent
    if not tool.exists():
        raise MissingError(f"the ark {ark.path} has no launcher tools", hint="install a version into it")
    variables = [f"BUSYBOX={tool}", f"ark_scripts={scripts}"]
    argv = [str(tool), "env", *variables, str(tool), "sh", str(scripts / "launch.sh")]
    return [*argv, str(root), str(state or ""), program]


def write_launchers(ark: Ark, directory: Path, root: Path, programs: Iterable[str], *, has_state: bool) -> None:
    """Write a launcher for each program (paths inside ``root``) into a directory.

    With ``has_state`` a launcher gives the program private ``/run``, ``/var`` and ``/etc/libvirt``: those of the
    directory named in the environment, otherwise one per version below the user's state directory.
    """
    directory.mkdir(parents=True, exist_ok=True)
    for program in programs:
        path = directory / PurePosixPath(program).name
        write_draft(path, _script(ark, root, f"/{program}", has_state=has_state))
        path.chmod(0o755)


def _script(ark: Ark, root: Path, program: str, *, has_state: bool) -> str:
    tool = busybox(ark)
    lines = [f"#!{tool} sh", f"BUSYBOX={tool}"]
    if has_state:
        lines += [
            STATE_HOME_IN_SHELL,
            f"state=${{{STATE_VARIABLE}:-$state_home/virtsmith/ark/{root.parent.name}}}",
            f"export {STATE_VARIABLE}=$state",
            f'[ -d "$state/etc/libvirt" ] || {tool} sh {ark.tools}/state.sh {tool} {root} "$state" || exit 125',
        ]
        lines.append(f'set -- {root} "$state" {program} "$@"')
    else:
        lines.append(f'set -- {root} "" {program} "$@"')
    lines.append(f". {ark.tools}/launch.sh")
    return "\n".join(lines) + "\n"
