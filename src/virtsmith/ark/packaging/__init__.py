"""Builds from upstream sources: spec files, source packages, Copr, and builds on this machine."""
