"""Drivers for foreign programs: QEMU processes and private libvirt daemons. They do, they do not judge."""
