"""The project's own sample documents: one of each type, a device, and one from a future libvirt."""

from pathlib import Path

FOLDER = Path(__file__).parent / "samples"
SAMPLES = sorted(FOLDER.glob("*.xml"))


def sample(name: str) -> Path:
    return FOLDER / f"{name}.xml"
