"""A plan for products that make virtual machines in their own words, with an account of what those cannot say."""
