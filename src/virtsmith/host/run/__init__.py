"""Booting hosts: under QEMU or libvirt, from the probe guest or a disk image."""
