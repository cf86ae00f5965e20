"""Sources of facts about a QEMU: a live process, a recording, a binary on disk."""
