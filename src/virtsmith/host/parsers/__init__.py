"""Readers of what people paste: outputs of numactl, lspci, virsh and dmesg, each as `virtsmith.host.facts.Facts`."""
