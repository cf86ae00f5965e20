"""All units of size that libvirt's schema allows, in each spelling, with the bytes that libvirt's manual gives."""

from itertools import product

BYTES = {
    "b": 1, "byte": 1, "bytes": 1,
    "k": 1024, "kib": 1024, "kb": 1000,
    "m": 1048576, "mib": 1048576, "mb": 1000000,
    "g": 1073741824, "gib": 1073741824, "gb": 1000000000,
    "t": 1099511627776, "tib": 1099511627776, "tb": 1000000000000,
    "p": 1125899906842624, "pib": 1125899906842624, "pb": 1000000000000000,
    "e": 1152921504606846976, "eib": 1152921504606846976, "eb": 1000000000000000000,
}  # fmt: skip

SPELLINGS = tuple(
    "".join(letters) for unit in BYTES for letters in product(*((letter, letter.upper()) for letter in unit))
)
"""Every unit in every mixture of cases."""

UNKNOWN = ("KiBi", "kbyte", "XiB", "GiB ", " GiB", "KIBS", "\N{KELVIN SIGN}", "\N{KELVIN SIGN}iB", "KiB/s", "bit", "1")


def amount_in(unit: str) -> tuple[int, int]:
    """An amount for a unit that is neither nothing nor too much for libvirt, and the KiB that it is, rounded up."""
    size = BYTES[unit.lower()]
    amount = 3 << 30 if size == 1 else 3 if size >= 10**9 else 3 << 20
    return amount, -(-amount * size // 1024)
