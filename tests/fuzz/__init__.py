"""Mutated input for every reader of foreign bytes, and proofs against parsers from elsewhere."""
