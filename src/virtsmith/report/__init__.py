"""Findings, tables and test cases in formats for people and programs: text, JSON, Markdown, HTML, JUnit, SARIF.

``table`` and ``cases`` hold the data; ``formats`` lists the modules that turn it into strings. Nothing here prints.
"""
