"""A connection from which no more is read than has come gives all that comes."""

import asyncio
import socket
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tornado.iostream import IOStream, StreamClosedError

from tornado_cli.http.streams import give_back, take_over

DEADLINE = 5.0
CHUNKS = st.lists(st.integers(1, 300), min_size=1, max_size=8)


class Pair:
    """A stream that is ours, and the other end of its connection."""

    def __init__(self, chunk_size: int = 16 * 1024) -> None:
        ours, self.client = socket.socketpair()
        self.stream = IOStream(ours, read_chunk_size=chunk_size)
        take_over(self.stream, close_descriptor=lambda: IOStream.close_fd(self.stream))

    def end(self) -> None:
        self.client.close()
        self.stream.close()


@given(CHUNKS, st.lists(st.integers(1, 500), max_size=8), st.sampled_from([16, 64, 16 * 1024]), st.booleans())
def test_whatever_comes_in_whatever_pieces_is_read(
    sent: Sequence[int], wanted: Sequence[int], chunk_size: int, pauses: bool
) -> None:
    data = bytes(number % 251 for number in range(sum(sent)))

    async def main() -> bytes:
        pair = Pair(chunk_size)

        async def send() -> None:
            at = 0
            for size in sent:
                pair.client.sendall(data[at : at + size])
                at += size
                if pauses:
                    await asyncio.sleep(0)
            pair.client.shutdown(socket.SHUT_WR)

        sending = asyncio.ensure_future(send())
        found = b""
        for size in wanted:
            found += await pair.stream.read_bytes(min(size, len(data) - len(found)))
        found += await pair.stream.read_until_close()
        await sending
        pair.end()
        return found

    assert asyncio.run(asyncio.wait_for(main(), DEADLINE)) == data


def test_a_request_is_one_read(monkeypatch: pytest.MonkeyPatch) -> None:
    reads = 0
    read = IOStream.read_from_fd

    def counting(stream: IOStream, buffer: bytearray | memoryview) -> int | None:
        nonlocal reads
        reads += 1
        return read(stream, buffer)

    monkeypatch.setattr(IOStream, "read_from_fd", counting)

    async def main() -> None:
        pair = Pair()
        for _ in range(10):
            heard = asyncio.ensure_future(pair.stream.read_until(b"\n"))
            await asyncio.sleep(0)
            pair.client.sendall(b"hello\n")
            assert await heard == b"hello\n"
        pair.end()

    asyncio.run(asyncio.wait_for(main(), DEADLINE))
    # The first look, at once, finds nothing.
    assert reads == 11


def test_an_end_that_comes_with_the_last_words_is_noticed() -> None:
    async def main() -> None:
        pair = Pair()
        pair.client.sendall(b"bye\n")
        pair.client.close()
        assert await pair.stream.read_until(b"\n") == b"bye\n"
        with pytest.raises(StreamClosedError):
            await pair.stream.read_until(b"\n")
        pair.end()

    asyncio.run(asyncio.wait_for(main(), DEADLINE))


def test_what_is_given_back_reads_as_any_other() -> None:
    async def main() -> None:
        pair = Pair()
        give_back(pair.stream)
        assert pair.stream.read_from_fd.__func__ is IOStream.read_from_fd  # type: ignore[attr-defined]
        pair.end()

    asyncio.run(main())
