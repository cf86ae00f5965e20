"""Fixtures of the tests of boots."""

from helpers.probe_boot import boot

__all__ = ["boot"]
