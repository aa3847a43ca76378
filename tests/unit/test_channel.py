"""What one end of a channel sends, the other end receives: whole, in order, with its descriptors."""

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tornado_cli.app.failures import describe_failure
from tornado_cli.events import Activate, AppFailed, Drain, FilesKnown, Message, decode, encode
from tornado_cli.system.channel import Channel, ChannelClosed, Received, channel_pair

ANY_TEXT = st.text(st.characters())


def received(channel: Channel) -> Received:
    got = channel.receive()
    assert got is not None
    return got


@given(ANY_TEXT, ANY_TEXT, st.integers(0))
def test_a_message_is_received_as_it_was_sent(title: str, traceback: str, pid: int) -> None:
    message = AppFailed(pid=pid, title=title, traceback=traceback)
    assert decode(encode(message)) == message


@pytest.mark.parametrize(
    "data",
    [b"", b"\xff", b"null", b"[]", b"[1]", b'["Ready"]', b'["Ready", []]', b'["Ready", {"who": 1}]', b'["Open", {}]'],
)
def test_what_is_no_message_is_a_value_error(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(data)


def test_messages_keep_their_boundaries_and_their_order() -> None:
    ours, theirs = channel_pair()
    sent: list[Message] = [
        Activate(pid=1),
        FilesKnown(pid=2, files=["a", "b"], served=["c"], are_all=True, since=1),
        Activate(pid=3),
    ]
    for message in sent:
        assert theirs.send(message)
    assert [received(ours).message for _ in sent] == sent
    ours.close()
    theirs.close()


def test_the_top_process_never_waits_to_receive() -> None:
    ours, theirs = channel_pair()
    assert ours.receive() is None
    theirs.close()
    ours.close()


def test_the_top_process_never_waits_to_send() -> None:
    ours, theirs = channel_pair()
    sent = 0
    while ours.send(Activate(pid=sent)):
        sent += 1
        assert sent < 1_000_000
    # What went is whole.
    assert [received(theirs).message for _ in range(sent)] == [Activate(pid=number) for number in range(sent)]
    theirs.close()
    ours.close()


def test_a_closed_end_is_told_apart_from_silence() -> None:
    ours, theirs = channel_pair()
    theirs.send(Activate(pid=1))
    theirs.close()
    assert received(ours).message == Activate(pid=1)
    with pytest.raises(ChannelClosed):
        ours.receive()
    assert not ours.send(Activate(pid=1))
    ours.close()


def test_descriptors_come_along(tmp_path: Path) -> None:
    ours, theirs = channel_pair()
    with (tmp_path / "file").open("w+b") as file:
        theirs.send(Activate(pid=1), [file.fileno(), file.fileno()])
    first, second = received(ours).descriptors
    os.write(first, b"seen")
    assert os.pread(second, 10, 0) == b"seen"
    for descriptor in (first, second):
        assert not os.get_inheritable(descriptor)
        os.close(descriptor)
    ours.close()
    theirs.close()


def test_garbage_is_a_value_error_and_leaks_no_descriptor() -> None:
    ours, theirs = channel_pair()
    reading, writing = os.pipe()
    raw = socket.socket(fileno=theirs.detach())
    socket.send_fds(raw, [b"garbage"], [writing])
    os.close(writing)
    with pytest.raises(ValueError, match="Expecting"):
        ours.receive()
    # Nobody holds the writing end any more.
    assert os.read(reading, 1) == b""
    os.close(reading)
    raw.close()
    ours.close()


def test_an_order_is_for_one_process() -> None:
    assert {"pid"} <= set(Activate.__match_args__) & set(Drain.__match_args__)


@pytest.mark.parametrize("text", ["x", "é", "語", "🐍", '"', "\\", "\udcff"])
def test_the_longest_failure_that_is_described_goes_through(text: str) -> None:
    failure = describe_failure(RuntimeError(text * 200_000), [])
    ours, theirs = channel_pair()
    message = AppFailed(pid=1, title=failure.title, traceback=failure.traceback_text)
    assert theirs.send(message)
    assert received(ours).message == message
    theirs.close()
    ours.close()
