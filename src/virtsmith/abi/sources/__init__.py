"""Which QEMU is asked, and how: a live process, a recording, a binary on disk."""
