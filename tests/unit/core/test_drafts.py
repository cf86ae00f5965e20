from pathlib import Path

import pytest

from virtsmith.core.drafts import write_draft


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_disk_that_fills_up_is_an_error_with_the_name_of_the_file(tmp_path):
    (tmp_path / "full").symlink_to("/dev/full")
    with pytest.raises(OSError, match=str(tmp_path / "full")):
        write_draft(tmp_path / "full", "text")


def test_text_and_bytes_are_written(tmp_path):
    write_draft(tmp_path / "a", "é")
    write_draft(tmp_path / "a", b"b")
    assert (tmp_path / "a").read_bytes() == b"b"
