"""A plan made visible: trees as text, SVG and Graphviz."""
