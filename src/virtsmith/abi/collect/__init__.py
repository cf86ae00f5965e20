"""Collectors: one module for each kind of fact."""
