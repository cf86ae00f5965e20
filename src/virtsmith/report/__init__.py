"""Findings, tables and test cases in the formats that people and programs read: text, Markdown, HTML, JUnit, SARIF.

``table`` and ``cases`` hold the data; ``text``, ``markdown``, ``html``, ``junit`` and ``sarif`` each turn it into a
string. Nothing here prints.
"""
