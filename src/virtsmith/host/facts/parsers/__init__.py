"""Readers of pasted output (numactl, lspci, virsh, dmesg, ...), each giving `virtsmith.host.facts.model.Facts`."""
