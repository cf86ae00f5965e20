"""Dumps of the guest ABI: their sections, how they are made, and the directory that stores them."""
