"""virtsmith: tools for people who build on libvirt and QEMU.

Each tool is a subpackage of its own; importing this package imports none of them.
"""

__version__ = "0.1.0"
