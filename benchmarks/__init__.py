"""Speed targets, one module a tool."""
