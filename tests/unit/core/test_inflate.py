import gzip
import lzma
import zlib

import pytest

from virtsmith.core.inflate import DamagedError, InflatedStream, inflate
from virtsmith.core.limits import ToolLimits
from virtsmith.errors import LimitError

TEXT = b"".join(b"%d, " % number for number in range(100_000))
PACK = {"identity": bytes, "gzip": gzip.compress, "deflate": zlib.compress, "xz": lzma.compress}
PACKED = {name: pack(TEXT) for name, pack in PACK.items()}


def pieces(data, size):
    return (data[i : i + size] for i in range(0, len(data), size))


@pytest.mark.parametrize("encoding", PACK)
@pytest.mark.parametrize("size", [1000, 1 << 30])
def test_what_was_compressed_comes_out_again(encoding, size):
    assert b"".join(inflate(pieces(PACKED[encoding], size), encoding)) == TEXT


@pytest.mark.parametrize(("encoding", "padding"), [("gzip", b""), ("xz", b""), ("xz", bytes(8))])
def test_several_streams_one_after_the_other_are_one(encoding, padding):
    assert b"".join(inflate([PACKED[encoding] + padding, PACKED[encoding]], encoding)) == TEXT * 2


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "xz"])
def test_a_short_input_and_a_wrong_checksum_are_errors(encoding):
    data = PACKED[encoding]
    for damaged in (data[: len(data) // 2], data[:-1], data[:-6] + bytes(6), b"junk" * 10):
        with pytest.raises(DamagedError, match="damaged"):
            list(inflate([damaged], encoding))


@pytest.mark.parametrize("encoding", PACK)
def test_no_more_than_the_limit_comes_out(encoding):
    found = []
    with ToolLimits(content=100_000).applied(), pytest.raises(LimitError, match="100,000 bytes when decomp") as caught:
        found.extend(inflate(pieces(PACKED[encoding], 1000), encoding))
    assert caught.value.limit == "content"
    assert sum(map(len, found)) <= 100_000


@pytest.mark.parametrize("encoding", ["gzip", "xz"])
def test_a_bomb_is_refused_by_its_ratio_before_it_fills_memory(encoding):
    bomb = PACK[encoding](bytes(200 << 20))
    sizes = []
    with ToolLimits(ratio=100).applied(), pytest.raises(LimitError, match="more than 100 times larger") as caught:
        sizes.extend(map(len, inflate([bomb], encoding)))
    assert caught.value.limit == "ratio"
    assert max(sizes) <= 1 << 20
    assert sum(sizes) <= 65 << 20


def test_a_stream_of_pieces_is_read_like_a_file():
    stream = InflatedStream(pieces(TEXT, 777))
    assert stream.read(10) == TEXT[:10]
    assert stream.read() == TEXT[10:]
