"""How often somebody may try to sign in."""

import math
import time
from typing import Final

from limits import RateLimitItem, RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

# Wrong tries for one name from one address, for one name from anywhere, and for any name from one address. Somebody who
# guesses gets 10 tries in 5 minutes and can't lock the person out elsewhere; a shift of inspectors behind one proxy
# mistypes less than the last.
_PER_PAIR: Final = RateLimitItemPerMinute(10, 5)
_PER_NAME: Final = RateLimitItemPerMinute(50, 5)
_PER_ADDRESS: Final = RateLimitItemPerMinute(60, 5)
# Hashing is slow on purpose: so many tries a second reach it at all.
_AT_ALL: Final = RateLimitItemPerSecond(20, 1)


class SignInLimits:
    """Counts wrong tries in this process' memory: each replica of the console counts alone."""

    def __init__(self) -> None:
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def wait_s(self, name: str, address: str) -> int:
        """Whole seconds until the next try is looked at; 0 when it may be now."""
        full = [self._left(item, *key) for item, key in _keys(name, address) if not self._window.test(item, *key)]
        if full:  # who is held back anyway takes nothing of what all share, or one client would hold back everybody
            return max(full)
        return 0 if self._window.hit(_AT_ALL, "all") else 1

    def note_failure(self, name: str, address: str) -> None:
        """Count a wrong try."""
        for item, key in _keys(name, address):
            self._window.hit(item, *key)

    def forgive(self, name: str, address: str) -> None:
        """Forget the wrong tries for a name from an address: its password was right."""
        self._window.clear(_PER_PAIR, "pair", name.casefold(), address)

    def _left(self, item: RateLimitItem, *key: str) -> int:
        return max(1, math.ceil(self._window.get_window_stats(item, *key).reset_time - time.time()))


def _keys(name: str, address: str) -> tuple[tuple[RateLimitItem, tuple[str, ...]], ...]:
    folded = name.casefold()
    return (_PER_PAIR, ("pair", folded, address)), (_PER_NAME, ("name", folded)), (_PER_ADDRESS, ("address", address))
