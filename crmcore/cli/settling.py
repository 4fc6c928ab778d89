"""What a process has loaded when it begins to answer is there for ever: the garbage collector need not look at it.

And what was needed on the way there alone is given back to the system.
"""

import ctypes
import gc
from contextlib import suppress


def loading() -> None:
    """Let the collector look less often: nearly all that a command loads stays. A tenth of a start was looking."""
    gc.set_threshold(10_000, 20, 20)


def settle() -> None:
    """Take everything there is out of the collector's sight, once what is garbage by now is gone.

    A full collection looks at half a million objects otherwise, and nobody is answered for 0.1 s.
    """
    gc.collect()
    gc.freeze()
    # glibc alone has it. Of what loading modules and making the application took and freed it would keep 12 MB.
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)
