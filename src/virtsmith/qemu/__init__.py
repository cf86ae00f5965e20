"""Drivers for other programs: QEMU processes and private libvirt daemons. They run them; they do not judge results."""
