"""Fixtures of the library's tests."""

from hypothesis import settings
from xml_helpers.corpus import corpus

settings.register_profile("libvirtxml", deadline=None)  # machines are shared; time is measured in benchmarks
settings.load_profile("libvirtxml")

__all__ = ["corpus"]
