"""Every upstream release, in one table that people can edit: ``releases.csv``, and the user's own additions."""
