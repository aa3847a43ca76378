"""An alarm rings when it is set to, and not while it is pushed back."""

import sys
import threading
import time

import pytest

from tornado_cli.system.alarms import Alarm, KernelAlarm, PolledAlarm, new_alarm

DEADLINE = 20.0
ALARMS = [new_alarm, PolledAlarm]


class Sleeper:
    """A thread that waits for an alarm and notes when it rings."""

    def __init__(self, alarm: Alarm, rings: int = 1) -> None:
        self.rang_at: list[float] = []
        self._alarm = alarm
        self._thread = threading.Thread(target=self._sleep, args=(rings,), daemon=True)
        self._thread.start()

    def _sleep(self, rings: int) -> None:
        for _ in range(rings):
            self._alarm.wait()
            self.rang_at.append(time.monotonic())

    def join(self) -> None:
        self._thread.join(DEADLINE)
        assert not self._thread.is_alive()


@pytest.mark.parametrize("kind", ALARMS)
def test_it_rings_once_after_so_many_seconds(kind: type[Alarm]) -> None:
    alarm = kind()
    sleeper = Sleeper(alarm)
    began = time.monotonic()
    alarm.set(0.05)
    sleeper.join()
    assert sleeper.rang_at[0] - began >= 0.05


@pytest.mark.parametrize("kind", ALARMS)
def test_while_it_is_pushed_back_it_does_not_ring(kind: type[Alarm]) -> None:
    alarm = kind()
    sleeper = Sleeper(alarm)
    for _ in range(20):
        alarm.set(60)
    alarm.set(0.05)
    pushed_back_at = time.monotonic()
    sleeper.join()
    assert sleeper.rang_at[0] - pushed_back_at >= 0.04


@pytest.mark.parametrize("kind", ALARMS)
def test_it_can_be_set_to_ring_sooner_and_at_once(kind: type[Alarm]) -> None:
    alarm = kind()
    sleeper = Sleeper(alarm, rings=2)
    alarm.set(3600)
    alarm.set(0)
    while not sleeper.rang_at:
        """It rings at once."""
    alarm.set(0.01)
    sleeper.join()


@pytest.mark.skipif(sys.platform != "linux", reason="timerfd is Linux's")
def test_linux_keeps_the_time_itself() -> None:
    assert isinstance(new_alarm(), KernelAlarm)
