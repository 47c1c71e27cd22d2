"""What a child process of the rig does first: see to it that it does not outlive the tests."""

import ctypes
import signal

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)


def die_with_parent() -> None:
    """For ``preexec_fn``: have Linux kill this process when the one that started it is gone, however it ended."""
    _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
