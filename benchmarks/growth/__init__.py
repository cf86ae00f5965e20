"""How time and memory grow with inputs of unfavourable shapes: eight times the input may not cost much more than that.

``python -m benchmarks growth`` prints a row for each shape; ``growth.SHAPES`` is what the suite tries as well.
"""

from __future__ import annotations

from benchmarks.growth import documents, inputs
from benchmarks.growth.measure import FACTORS, Growth, Shape, measure

SHAPES: list[Shape] = [*documents.SHAPES, *inputs.SHAPES]


def row(shape: Shape, growth: Growth) -> str:
    """A line of the table."""
    seconds = "".join(f"{second * 1000:9.1f}" for second in growth.seconds)
    reason = f" ({shape.bounded})" if shape.bounded else ""
    peaks = "".join(f"{peak / (1 << 20):8.2f}" for peak in growth.peaks)
    unmeasured = len(FACTORS) - len(growth.seconds)
    ratios = f"{growth.time_ratio:7.1f}{growth.memory_ratio:7.1f}"
    missing, lacking = " " * 9 * unmeasured, " " * 8 * unmeasured
    return f"{shape.name:62.62}{seconds}{missing}{peaks}{lacking}{ratios}  {growth.verdict}{reason}"


def main() -> int:
    """Measure all shapes; return how many grow faster than their input."""
    print(f"{'ms for 1, 2, 4, 8 times the size':>98}{'peak MiB':>32}{'time':>7}{'memory':>7}: ratios")
    worse = 0
    for shape in SHAPES:
        growth = measure(shape)
        worse += growth.verdict == "super-linear" and not shape.bounded
        print(row(shape, growth), flush=True)
    print(f"{len(SHAPES)} shapes, {worse} super-linear")
    return worse
