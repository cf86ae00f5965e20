"""The ``virtsmith`` command: a thin layer over the libraries, and the only place that prints or exits."""
