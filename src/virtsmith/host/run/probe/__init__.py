"""The probe: a guest of a distribution kernel and busybox, built on demand, that reports facts over a serial port."""
