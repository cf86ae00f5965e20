"""Migration between two pairs of versions: live between private daemons, and by a saved state."""
