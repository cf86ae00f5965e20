"""Parsers of pasted output (numactl, lspci, virsh, dmesg, ...), which return `virtsmith.host.facts.model.Facts`."""
