"""The spec of a virtual host: read from TOML, checked, written."""
