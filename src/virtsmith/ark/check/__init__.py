"""Will it work there? A domain put through every installed libvirt with every installed QEMU, for real."""
