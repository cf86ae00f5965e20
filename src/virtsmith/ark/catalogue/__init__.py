"""Every upstream release, in one table that people can edit: ``releases.csv``, and additions of the user's own."""
