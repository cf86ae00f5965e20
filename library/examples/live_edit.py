"""Change the stored definition of a domain through libvirt-python, and see what libvirt made of it.

``live_edit.py URI NAME MIB`` sets the memory of a domain.
"""

import sys
from importlib import import_module
from typing import Any

import libvirtxml as lx
from libvirtxml import paths
from libvirtxml.live import Update, update


def set_memory(dom: Any, mib: int) -> Update[lx.Domain]:
    """Set the memory of a domain; passwords and everything else stay."""

    def change(domain: lx.Domain) -> None:
        for path in ("memory", "current_memory"):
            paths.set(domain, path, f"{mib}MiB")

    return update(dom, change)


def main(uri: str = "test:///default", name: str = "test", mib: str = "4096") -> None:
    """Change a domain, and print what was changed and what libvirt did not take."""
    connection = import_module("libvirt").open(uri)  # which has no types
    done = set_memory(connection.lookupByName(name), int(mib))
    print("changed:", *done.changes, "not fulfilled:", *done.not_fulfilled, sep="\n  ")
    if done.needs_restart:
        print("it is running, and has this from its next start")


if __name__ == "__main__":
    main(*sys.argv[1:])
