"""Shared infrastructure: processes, network, configuration, parallel jobs. It knows nothing about libvirt."""
