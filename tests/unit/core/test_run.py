import sys

import pytest

from virtsmith.core import run
from virtsmith.errors import ExternalError, MissingError


def test_output_and_status_come_back():
    done = run.run([sys.executable, "-c", "import sys; print(sys.stdin.read()); sys.exit(3)"], stdin=b"hi", allow=(3,))
    assert (done.text, done.status) == ("hi\n", 3)


def test_a_failure_carries_the_last_line_and_the_command_to_paste():
    with pytest.raises(run.ProgramFailed, match=r"ended with status 2: no such thing") as caught:
        run.run([sys.executable, "-c", "import sys; sys.stderr.write('no such thing\\n'); sys.exit(2)"])
    assert caught.value.hint is not None
    assert sys.executable in caught.value.hint
    assert isinstance(caught.value, ExternalError)


def test_missing_programs_and_timeouts_are_distinguished():
    with pytest.raises(MissingError, match="program not found: no-such-program"):
        run.run(["no-such-program"])
    with pytest.raises(run.ProgramFailed, match=r"did not end within 0\.2 seconds"):
        run.run([sys.executable, "-c", "import time; time.sleep(9)"], timeout=0.2)


def test_arguments_reach_the_program_untouched():
    odd = "a b'c\"$HOME;`id`\n*"
    assert run.run([sys.executable, "-c", "import sys; sys.stdout.write(sys.argv[1])", odd]).text == odd
