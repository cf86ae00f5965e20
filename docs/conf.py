"""Sphinx configuration."""

from importlib.metadata import version as version_of

project = "virtsmith"
author = "the virtsmith authors"
release = version_of("virtsmith")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
html_theme = "furo"
html_title = "virtsmith"
exclude_patterns = ["_build"]
myst_heading_anchors = 3
autodoc_typehints = "description"
autodoc_member_order = "bysource"
nitpicky = False
