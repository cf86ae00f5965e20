"""A VM's own hardware under two QEMUs: what differs, whether its state really loads, and what would fix it."""
