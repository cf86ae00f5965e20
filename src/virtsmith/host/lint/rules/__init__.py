"""The rules, one module per topic. A module that is added here is loaded, and so are the rules that it declares."""
