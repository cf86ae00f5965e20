"""What a virtual host should be: the specification, read from TOML, checked, written back."""
