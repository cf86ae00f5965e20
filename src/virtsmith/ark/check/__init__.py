"""Will it work there? A domain run on every installed libvirt with every installed QEMU."""
