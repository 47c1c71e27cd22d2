"""Ports that are chosen first and bound later: outside the range from which the kernel takes ports of its own."""

import random
import socket

RANGE = range(20_000, 32_000)
"""Below the kernel's range for outgoing connections and for port 0 (Linux: 32768 to 60999)."""
_luck = random.SystemRandom()


def free_port(host: str = "127.0.0.1") -> int:
    """A TCP port of `host` that nobody holds and the kernel gives to nobody."""
    for _ in range(100):
        port = _luck.choice(RANGE)
        with socket.socket() as probe:
            try:
                probe.bind((host, port))
            except OSError:
                continue
        return port
    raise RuntimeError(f"no free port on {host}")
