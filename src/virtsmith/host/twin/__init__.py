"""The spec of a virtual host with the shape of a real one, made from what the real one tells of itself."""
