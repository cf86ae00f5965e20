"""The ``virtsmith`` command: one thin file per tool over the libraries; the only place that prints or exits."""
