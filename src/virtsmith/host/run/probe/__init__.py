"""The probe: a guest made on the spot, from a distribution kernel and busybox, that tells its facts over serial."""
