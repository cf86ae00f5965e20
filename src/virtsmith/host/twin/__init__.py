"""The spec of a virtual host with the shape of a real one, derived from the facts of the real one."""
