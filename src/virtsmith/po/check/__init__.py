"""The rules for catalogues, one module per topic."""
