"""libvirt's own check of a stable guest ABI, asked about any two domains."""

from __future__ import annotations

from pathlib import Path

from benchmarks.agreement._judge import LineJudge

UUID = "c7a5fdbd-edaf-9455-926a-d65c16db1809"
"""The UUID of all domains that are judged: a snapshot belongs to one domain."""


class Judge(LineJudge):
    """Judges pairs of domains."""

    program = Path(__file__).with_name("_answer.py")
    arguments = (UUID,)

    def objection(self, first: str, second: str) -> str | None:
        """What libvirt objects to if the second domain is to replace the first: an empty string if nothing.

        None if it cannot read one of them, or crashes over them.
        """
        return self.ask([first, second])
