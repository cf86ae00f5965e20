"""The project's own sample documents: one of each type, a device, and one from a future libvirt."""

from pathlib import Path

DIRECTORY = Path(__file__).parent / "samples"
SAMPLES = sorted(DIRECTORY.glob("*.xml"))


def sample(name: str) -> Path:
    return DIRECTORY / f"{name}.xml"
