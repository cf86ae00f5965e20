"""Comparison of two dumps of the same machine type: what differs, what it means, and what could not be judged.

``walk`` finds differences leaf by leaf and knows nothing about QEMU; ``streams`` does the same for migration streams,
where order matters; ``rules`` and its data file define what a difference means; ``compare`` combines them for two
dumps, ``sets`` for any number of binaries; ``verdict`` summarises the result in one word and says how it was reached;
``history`` follows a machine type, model or default over many versions.
"""
