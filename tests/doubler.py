"""What works in a second process in a test: it doubles numbers, and cannot make anything of those below zero."""

import sys
from contextlib import contextmanager


class Odd:
    """What only this process knows how to read."""

    def __reduce__(self):
        return (eval, ("no_such_thing",))


class Doubler:
    def make(self, wanted):
        sys.stdout.write("this must not stand among the answers\n")
        return ((number, self._one(number)) for number in wanted)

    def _one(self, number):
        if number == 0:
            return Odd()
        return None if number < 0 else 2 * number


@contextmanager
def opened():
    yield Doubler()
