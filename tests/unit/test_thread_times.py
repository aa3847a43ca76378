"""What a thread has done with its time."""

import threading
import time

import pytest

from tornado_cli.system.thread_times import ThreadTimes


def test_a_thread_that_computes_is_on_a_cpu_or_waits_for_one_and_one_that_sleeps_does_neither() -> None:
    times = ThreadTimes()
    before, began = times.read(), time.thread_time()
    while time.thread_time() - began < 0.05:
        pass
    after = times.read()
    assert after.on_cpu - before.on_cpu >= 0.04
    threading.Event().wait(0.1)
    rested = times.read()
    assert rested.on_cpu - after.on_cpu < 0.05


def test_it_is_told_of_the_thread_that_asked_whoever_reads_it() -> None:
    times: list[ThreadTimes] = []
    is_read = threading.Event()

    def other() -> None:
        times.append(ThreadTimes())
        has_begun.set()
        is_read.wait()

    has_begun = threading.Event()
    thread = threading.Thread(target=other)
    thread.start()
    has_begun.wait()
    began = time.thread_time()
    while time.thread_time() - began < 0.05:
        pass
    assert times[0].read().on_cpu < 0.04
    is_read.set()
    thread.join()


def test_where_the_system_does_not_tell_of_waiting_the_cpu_time_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(threading, "get_native_id", lambda: 0)
    times = ThreadTimes().read()
    assert times.on_cpu > 0
    assert times.waiting == 0
