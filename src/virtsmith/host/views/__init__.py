"""Views of a plan: trees as text, SVG and Graphviz."""
