"""Lets tests here import the programs that stand in for QEMU."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
