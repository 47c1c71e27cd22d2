"""One AMI message, bytes between two blank lines, into its headers; pure and made for speed."""

_JOINED = frozenset({"Output", "Variable", "ChanVariable", "DestChanVariable"})


def parse(block: bytes) -> dict[str, str]:
    """The headers of one message; of a repeated header the first counts, repeated output lines are joined by newline.

    Never raises: what is not UTF-8 becomes U+FFFD, a line without a colon is passed over."""
    lines = block.decode("utf-8", "replace").split("\r\n")
    try:
        message = dict([line.split(": ", 1) for line in lines])
    except ValueError:
        return _parse_odd(lines)
    return message if len(message) == len(lines) else _parse_odd(lines)


def _parse_odd(lines: list[str]) -> dict[str, str]:
    message: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon:
            continue
        value = value.removeprefix(" ")
        if name not in message:
            message[name] = value
        elif name in _JOINED:
            message[name] += "\n" + value
    return message
