"""The sources of a project's messages, and how its build files extract them."""
