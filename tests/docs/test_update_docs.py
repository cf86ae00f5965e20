"""What `update_docs.py` makes of a page whose output is out of date."""

import pytest
from helpers.update_docs import shortened


@pytest.mark.parametrize(
    ("expected", "actual", "shortened_text"),
    [
        (["id a-...", "x 1"], ["id a-77", "x 2"], ["id a-...", "x 2"]),
        (["one", "...", "end 1"], ["one", "two", "three", "end 1", "more"], ["one", "...", "end 1", "more"]),
        (["one 1", "one", "..."], ["one 2", "one", "two", "three"], ["one 2", "one", "..."]),
        (["...", "end"], ["a", "b", "end", "c"], ["...", "end", "c"]),
        (["one", "..."], ["uno", "due"], ["uno", "due"]),
        (["one", "...", "end"], ["one", "end", "more"], ["one", "end", "more"]),
    ],
)
def test_what_was_left_out_of_output_is_left_out_again(expected, actual, shortened_text):
    assert shortened(expected, actual) == shortened_text
