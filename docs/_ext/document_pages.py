"""The page of document classes, made from the table of root elements."""

from libvirtxml.model import ROOTS

_ABOUT = """Each public libvirt document has a class, with a field for each attribute and child; the fields say
since when libvirt has them. The classes of their parts (`libvirtxml.Disk`, `Devices`, ...), over a thousand, follow the
same pattern."""


def documents_page() -> str:
    """All classes whose elements are documents, with their fields."""
    lines = ["# Document classes", "", _ABOUT, ""]
    for name in ROOTS.values():
        lines += [f"## {name}", "", "```{eval-rst}", f".. autoclass:: libvirtxml.{name}", "   :members:"]
        lines += ["   :no-index:", "```", ""]
    return "\n".join(lines)
