from pathlib import Path

from virtsmith.abi.diff.rule_file import load_rules
from virtsmith.abi.diff.tables import catalogue

PAGE = Path(__file__).parents[2] / "docs" / "abi-rules.md"


def test_the_page_of_rules_is_what_the_command_prints():
    """Renew it with `virtsmith abi rules --format markdown > docs/abi-rules.md`."""
    assert PAGE.read_text() == catalogue(load_rules().rules)
