"""Every number of a host, computed from its spec, and what its guest must show."""
