"""Where a project's messages come from, and how the project's own build files say that they are extracted."""
