"""The rules, one module a theme. A module that is added here is found, and so are the rules that it declares."""
