"""A stopped machine with a set of devices, and its contents."""
