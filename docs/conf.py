"""Sphinx configuration."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "virtsmith"
author = "the virtsmith authors"
release = version_of("virtsmith")
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.viewcode", "virtsmith_docs"]
exclude_patterns = ["_build", "_generated", "files"]
templates_path = ["_templates"]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
smartquotes = False  # --option is not an en dash
default_role = "code"  # docstrings write names in single backticks

html_theme = "furo"
html_title = "virtsmith"
html_static_path = ["_static"]
html_css_files = ["virtsmith.css"]
html_show_sourcelink = False
html_show_copyright = False
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"

autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"
autodoc_class_signature = "separated"
autodoc_preserve_defaults = True
viewcode_line_numbers = True
