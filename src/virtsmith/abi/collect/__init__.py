"""Collectors: one module per kind of fact."""
