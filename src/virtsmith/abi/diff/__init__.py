"""Two dumps of the same machine type compared: what differs, what it means, and what could not be judged.

``walk`` finds differences leaf by leaf and knows nothing of QEMU; ``layout`` does the same for migration streams, where
order matters; ``rules`` and its data file say what a difference means; ``compare`` joins them for two dumps, ``sets``
for any number of binaries; ``verdict`` puts the result into one word and says how it was reached; ``history`` follows
one thing over many versions.
"""
