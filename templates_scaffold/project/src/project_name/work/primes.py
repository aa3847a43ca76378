"""Prime numbers: a calculation that takes its time."""

from math import isqrt

LARGEST = 10**15


def is_prime(number: int) -> bool:
    if number < 4:
        return number > 1
    if number % 2 == 0 or number % 3 == 0:
        return False
    # All others that can divide it lie beside a multiple of six.
    return all(number % k and number % (k + 2) for k in range(5, isqrt(number) + 1, 6))
