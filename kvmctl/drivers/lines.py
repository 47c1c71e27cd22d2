"""A stream of bytes cut into lines, however the network split and joined it; endless lines are dropped and counted."""


class Lines:
    """Lines without their ends; `longest` in bytes."""

    def __init__(self, end: bytes = b"\n", longest: int = 65_536) -> None:
        self._end, self._longest = end, longest
        self._rest = b""
        self._dropping = False

    def clear(self) -> None:
        self._rest, self._dropping = b"", False

    def feed(self, data: bytes) -> tuple[list[bytes], int]:
        """The lines that are whole now, and how many bytes were dropped as too long."""
        *lines, self._rest = (self._rest + data).split(self._end)
        dropped = 0
        if self._dropping and lines:
            dropped += len(lines.pop(0))
            self._dropping = False
        kept = [line for line in lines if len(line) <= self._longest]
        dropped += sum(map(len, lines)) - sum(map(len, kept))
        if self._dropping or len(self._rest) > self._longest:
            cut = len(self._end) - 1
            dropped += max(0, len(self._rest) - cut)
            self._rest = self._rest[-cut:] if cut else b""
            self._dropping = True
        return [line.rstrip(b"\r") for line in kept], dropped


def number(text: str) -> int | None:
    """The whole number the text is, None for anything else; digits of other scripts are no numbers to a device."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
