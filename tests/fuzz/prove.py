"""Proofs with any number of mutants: ``make proofs MUTANTS=1000000`` prints how many were read, and all that was lost.

Documents of libvirt's own tests are mutated too where `VIRTSMITH_CORPUS` names them.
"""

from __future__ import annotations

import os
import random
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from fuzz.xml_mutants import mutant
from fuzz.xml_proof import Lost, Tally, prove

ROOT = Path(__file__).parents[2]
_LARGEST = 900
"""Bytes of a document that is mutated: changes hit every part of small ones more often."""
_BATCH = 1000


@dataclass
class Proof:
    """What came of a number of mutants.

    Attributes:
        found: for each kind of failure the shortest input, and what was wrong with it.
    """

    tally: Tally = field(default_factory=Tally)
    failures: int = 0
    found: dict[str, tuple[bytes, str]] = field(default_factory=dict)

    def add(self, other: Proof) -> None:
        self.tally.counts.update(other.tally.counts)
        self.failures += other.failures
        for kind, (data, message) in other.found.items():
            self.note(kind, data, message)

    def note(self, kind: str, data: bytes, message: str) -> None:
        if kind not in self.found or len(data) < len(self.found[kind][0]):
            self.found[kind] = data, message


def own_documents() -> list[bytes]:
    return [path.read_bytes() for path in sorted((ROOT / "library/tests/xml_helpers/samples").glob("*.xml"))]


@cache
def all_documents() -> list[bytes]:
    corpus = Path(os.environ.get("VIRTSMITH_CORPUS") or "/nowhere")
    found = (path.read_bytes() for path in sorted(corpus.glob("libvirt-*/tests/*/*.xml")))
    return own_documents() + [data for data in found if 0 < len(data) <= _LARGEST]


def prove_mutants(
    seed: int, count: int, documents: list[bytes], judge: Callable[[bytes, Tally, int], None] = prove
) -> Proof:
    """Mutate documents and judge each mutant; what fails is in the result, by kind."""
    proof, chance = Proof(), random.Random(seed)
    for number in range(count):
        data = mutant(chance.choice(documents), documents, chance)
        try:
            judge(data, proof.tally, number)
        except Lost as error:
            proof.failures += 1
            proof.note(str(error).partition(":")[0], data, str(error))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what this looks for
            proof.failures += 1
            frame = traceback.extract_tb(error.__traceback__)[-1]
            proof.note(f"{type(error).__name__} at {Path(frame.filename).name}:{frame.lineno}", data, repr(error))
    return proof


def _batch(seed: int) -> Proof:
    return prove_mutants(seed, _BATCH, all_documents())


def _batches(count: int) -> Iterator[int]:
    start = int(os.environ.get("VIRTSMITH_FUZZ_SEED", "0"))
    return iter(range(start, start + -(-count // _BATCH)))


def main() -> int:
    count, started, proof = int(sys.argv[1]), time.monotonic(), Proof()
    with ProcessPoolExecutor() as pool:
        for number, part in enumerate(pool.map(_batch, _batches(count)), 1):
            for kind, (data, message) in part.found.items():
                if kind not in proof.found:
                    print(f"{kind}: {message[:2000]}\n    {data!r},", flush=True)
            proof.add(part)
            if number % 20 == 0:
                print(
                    f"{number * _BATCH} mutants, {time.monotonic() - started:.0f} s: {proof.failures} failures",
                    flush=True,
                )
    print(f"{count} mutants, {time.monotonic() - started:.0f} s: {proof.tally}; {proof.failures} failures")
    return 1 if proof.failures else 0


if __name__ == "__main__":
    sys.exit(main())
