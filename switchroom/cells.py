"""What stands in single cells of a list: instants as people write them, remarks with the numbers in them masked."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from config.faults import mask_digits
from telephony.numbers import NumberFault, parse

_CHINESE = str.maketrans(
    {"年": "-", "月": "-", "日": " ", "号": " ", "时": ":", "点": ":", "分": " ", "/": "-", ".": "-"}
)
_INSTANT = re.compile(
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]+(\d{1,2}):(\d{1,2})?(?::(\d{1,2})(?:[-,]\d+)?)?)? *(Z|[+-]\d\d:?\d\d)?",
    re.ASCII,
)
_YEARS = (1970, 2199)
_RUN = re.compile(r"[+＋]?[0-9０-９](?:[\s\-_.()（）－]{0,2}[0-9０-９]){5,18}")
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)
_FEWEST = 7


def instant(text: str, zone: ZoneInfo, *, end_of_day: bool = False) -> float:
    """Epoch seconds of ``2026-11-21``, ``2026/11/21 9:30``, ``2026年11月21日 9时30分`` or ISO 8601; raises ValueError.

    Without an offset it is in `zone`; a bare date is its first instant, or the first of the next with `end_of_day`."""
    found = _INSTANT.fullmatch(" ".join(text.translate(_CHINESE).split()).replace(": ", ":"))
    if found is None:
        raise ValueError("no instant")
    year, month, day, hour, minute, second = (int(part) if part else 0 for part in found.groups()[:6])
    if not _YEARS[0] <= year <= _YEARS[1]:
        raise ValueError("no year of ours")
    written = datetime(year, month, day, hour, minute, second, tzinfo=zone)
    if found[7]:
        offset = "+00:00" if found[7] == "Z" else found[7]
        written = datetime.fromisoformat(written.replace(tzinfo=None).isoformat() + offset)
    elif found[4] is None and end_of_day:
        written = datetime(year, month, day, tzinfo=zone) + timedelta(days=1)
    return written.timestamp()


def without_numbers(text: str, region: str) -> str:
    """The text with every telephone number in it masked; order numbers and the like stay as they are."""
    if sum(letter.isdigit() for letter in text) < _FEWEST:
        return text
    return _RUN.sub(lambda run: mask_digits(run[0]) if _telephone(run[0], region) else run[0], text)


def _telephone(run: str, region: str) -> bool:
    if _MOBILE.search("".join(str(int(letter)) for letter in run if letter.isdigit())):
        return True
    for text in {run, f"+{run}"}:
        try:
            parse(text, region)
        except NumberFault:
            continue
        return True
    return False
