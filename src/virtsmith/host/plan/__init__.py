"""Every number of a host, computed from its specification, and what its guest must show."""
