"""Installation: packages of a distribution, laid out below the ark, started in a mount namespace of their own."""
