"""Bisecting releases: the first version with which something does not work, found by trying as few as possible."""
