"""A stopped machine with a set of devices, and what is in it."""
