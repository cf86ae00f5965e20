"""Drivers for QEMU and libvirt as foreign programs: processes, protocols, versions. No policy."""
