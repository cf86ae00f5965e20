"""Guest ABI of machine types: recorded, compared between QEMU versions, and proven by real migration."""
