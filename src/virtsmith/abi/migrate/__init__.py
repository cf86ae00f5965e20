"""Real migrations: the state of a machine is saved under one QEMU and loaded under another."""
