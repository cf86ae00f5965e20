"""A plan in the formats of other products that create virtual machines, with a list of what these cannot express."""
