"""LINGUAS: what is wrong in it is changed, and nothing else."""

import pytest

from virtsmith.po.linguas import listed_languages, with_languages


@pytest.mark.parametrize(
    ("before", "languages", "after"),
    [
        ("de\nfr\n", "de fr", "de\nfr\n"),
        ("de\nsv\n", "de fr", "de\nfr\n"),
        ("# ours\n\nfr\nde\n", "de fr", "# ours\n\nfr\nde\n"),
        ("# ours\n\nde\nsv\n\n# end", "de fr sv", "# ours\n\nde\nfr\nsv\n\n# end\n"),
        ("de sv  # both\n", "de fr", "de fr  # both\n"),
        ("sv de\n", "de", "de\n"),
        ("de sv fr\n", "de fr", "de fr\n"),
        ("de sv_SE sv\n", "de sv", "de sv\n"),
        ("de\tfr\r\n# x\r\nsv\r\n", "de fr it", "de\tfr it\r\n# x\r\n"),
        ("de\r\n", "de fr", "de\r\nfr\r\n"),
        ("de", "de fr", "de\nfr\n"),
        ("sv # old\n", "de", "# old\nde\n"),
        ("", "de fr", "de\nfr\n"),
    ],
)
def test_languages_come_and_go_and_the_rest_stays(before, languages, after):
    expected = set(languages.split())
    result = with_languages(before, expected)
    assert result == after
    assert listed_languages(result) == expected
