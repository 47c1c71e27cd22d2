"""Which column of a list of leads holds what, by its heading in Chinese or English or by what stands in it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from config.faults import mask_digits
from switchroom.sheet import SheetFault

_NUMBER = (
    *("手机", "手机号", "手机号码", "移动电话", "电话", "电话号码", "联系电话", "联系方式", "号码", "被叫号码"),
    *("phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "tel", "telephone"),
    *("telephonenumber", "number", "msisdn", "contactnumber"),
)
_NAMES: dict[str, tuple[str, ...]] = {
    "number": _NUMBER,
    "further": ("备用电话", "备用号码", "第二电话", "其他电话", "alternatephone", "otherphone", "secondphone"),
    "name": ("姓名", "名字", "名称", "客户姓名", "客户名称", "联系人", "name", "fullname", "customername", "contact"),
    "customer": ("客户", "客户号", "客户编号", "客户代码", "客户id", "customer", "customerid", "customerno", "custid"),
    "zone": ("时区", "zone", "timezone", "tz"),
    "priority": ("优先级", "优先", "priority", "prio"),
    "due": ("预约时间", "呼叫时间", "拨打时间", "due", "dueat", "callat", "notbefore"),
    "agent": ("坐席", "坐席号", "坐席工号", "工号", "agent", "agentid"),
    "group": ("组", "班组", "坐席组", "小组", "group", "team"),
    "consent_at": ("同意时间", "授权时间", "同意日期", "授权日期", "consentat", "consentdate", "consent"),
    "consent_proof": ("同意凭证", "授权凭证", "同意证明", "consentproof", "consentref", "proof"),
    "consent_until": ("同意有效期", "授权有效期", "授权到期", "同意到期", "consentuntil", "consentexpiry"),
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names}
_SERIAL = re.compile(r"(.+?)([1-9])\Z", re.ASCII)
_ASIDE = re.compile(r"[(（\[【].*?[)）\]】]")
_NOISE = re.compile(r"[\s_\-.:：*#'\"“”\ufeff]+")
_DIGITS = re.compile(r"\d")
_FEWEST_DIGITS = 5
MOST_EXTRA = 50
_HEADING = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the columns; `numbers` in order of preference, `further` are more numbers of the same customer.

    `fields` are the other columns known by their headings, `extra` those that are kept as they are, with their names."""

    count: int
    numbers: tuple[int, ...]
    further: tuple[int, ...] = ()
    fields: dict[str, int] = field(default_factory=dict)
    extra: tuple[tuple[int, str], ...] = ()
    headed: bool = True
    ignored: tuple[str, ...] = ()

    def place(self, name: str) -> int | None:
        return self.fields.get(name)


def columns_of(first: Sequence[str], reads_as_number: Callable[[str], bool]) -> Columns:
    """The columns by the first row, which is a heading or already a lead; raises SheetFault when no number is found."""
    fields = [_field(cell) for cell in first]
    if any(fields):
        return _by_heading(first, fields)
    if not any(len(_DIGITS.findall(cell)) >= _FEWEST_DIGITS for cell in first):
        raise SheetFault("no_number_column", found=", ".join(_shown(cell) for cell in first[:10]))
    return _by_content(first, reads_as_number)


def _field(heading: str) -> str | None:
    """What a column holds; ``phone2``, ``手机号3`` are further numbers, ``phone1`` is the first."""
    name = _NOISE.sub("", _ASIDE.sub("", heading)).lower()
    if (known := _FIELDS.get(name)) is not None:
        return known
    serial = _SERIAL.fullmatch(name)
    if serial is None or _FIELDS.get(serial[1]) not in ("number", "further"):
        return None
    return "number" if serial[2] == "1" and serial[1] in _NUMBER else "further"


def _by_heading(first: Sequence[str], fields: list[str | None]) -> Columns:
    places = {name: [place for place, found in enumerate(fields) if found == name] for name in _NAMES}
    numbers = sorted(places["number"], key=lambda place: "手机" not in first[place])
    if not numbers:
        raise SheetFault("no_number_column", found=", ".join(_shown(cell) for cell in first[:10]))
    others = {name: found[0] for name, found in places.items() if found and name not in ("number", "further")}
    known = {*numbers, *places["further"], *others.values()}
    left = [place for place, cell in enumerate(first) if place not in known and cell.strip()]
    return Columns(
        count=max(place for place, cell in enumerate(first) if cell.strip()) + 1,
        numbers=tuple(numbers),
        further=tuple(places["further"]),
        fields=others,
        extra=_named([(place, _shown(first[place], _HEADING)) for place in left[:MOST_EXTRA]]),
        ignored=tuple(_shown(first[place]) for place in left[MOST_EXTRA:]),
    )


def _by_content(first: Sequence[str], reads_as_number: Callable[[str], bool]) -> Columns:
    number = next((place for place, cell in enumerate(first) if reads_as_number(cell)), None)
    if number is None:
        number = max(range(len(first)), key=lambda place: len(_DIGITS.findall(first[place])))
    name = next((place for place, cell in enumerate(first) if cell.strip() and not _DIGITS.search(cell)), None)
    left = [place for place in range(len(first)) if place not in (number, name)]
    return Columns(
        count=len(first),
        numbers=(number,),
        fields={} if name is None else {"name": name},
        extra=tuple((place, f"column {place + 1}") for place in left[:MOST_EXTRA]),
        headed=False,
    )


def _named(columns: list[tuple[int, str]]) -> tuple[tuple[int, str], ...]:
    """The same, two columns of one heading told apart."""
    seen: set[str] = set()
    named = []
    for place, heading in columns:
        name = heading if heading not in seen else f"{heading} ({place + 1})"
        seen.add(name)
        named.append((place, name))
    return tuple(named)


def _shown(cell: str, most: int = 30) -> str:
    return "".join(letter if letter.isprintable() else "·" for letter in mask_digits(cell.strip()[:most]))
