"""Which column of a list of leads holds what, by its heading in Chinese or English or by what stands in it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from config.faults import mask_digits
from switchroom.sheet import SheetFault

_NAMES: dict[str, tuple[str, ...]] = {
    "number": (
        *("手机", "手机号", "手机号码", "移动电话", "电话", "电话号码", "联系电话", "联系方式", "号码", "被叫号码"),
        *("phone", "phonenumber", "mobile", "mobilephone", "mobilenumber", "cell", "cellphone", "tel", "telephone"),
        *("telephonenumber", "number", "msisdn", "contactnumber"),
    ),
    "name": ("姓名", "名字", "名称", "客户姓名", "客户名称", "联系人", "name", "fullname", "customername", "contact"),
    "customer": ("客户", "客户号", "客户编号", "客户代码", "客户id", "customer", "customerid", "customerno", "custid"),
    "zone": ("时区", "zone", "timezone", "tz"),
    "priority": ("优先级", "优先", "priority", "prio"),
}
_FIELDS = {name: field for field, names in _NAMES.items() for name in names}
_ASIDE = re.compile(r"[(（\[【].*?[)）\]】]")
_NOISE = re.compile(r"[\s_\-.:：*#'\"“”\ufeff]+")
_DIGITS = re.compile(r"\d")
_FEWEST_DIGITS = 5


@dataclass(frozen=True, slots=True)
class Columns:
    """Places of the columns, None for one that is not there; `numbers` in order of preference."""

    count: int
    numbers: tuple[int, ...]
    name: int | None = None
    customer: int | None = None
    zone: int | None = None
    priority: int | None = None
    headed: bool = True
    ignored: tuple[str, ...] = ()


def columns_of(first: Sequence[str], reads_as_number: Callable[[str], bool]) -> Columns:
    """The columns by the first row, which is a heading or already a lead; raises SheetFault when no number is found."""
    fields = [_FIELDS.get(_NOISE.sub("", _ASIDE.sub("", cell)).lower()) for cell in first]
    if any(fields):
        return _by_heading(first, fields)
    if not any(len(_DIGITS.findall(cell)) >= _FEWEST_DIGITS for cell in first):
        raise SheetFault("no_number_column", found=", ".join(_shown(cell) for cell in first[:10]))
    return _by_content(first, reads_as_number)


def _by_heading(first: Sequence[str], fields: list[str | None]) -> Columns:
    places = {field: [place for place, found in enumerate(fields) if found == field] for field in _NAMES}
    if not places["number"]:
        raise SheetFault("no_number_column", found=", ".join(_shown(cell) for cell in first[:10]))
    known = {*places["number"], *(found[0] for found in places.values() if found)}
    return Columns(
        count=max(place for place, cell in enumerate(first) if cell.strip()) + 1,
        numbers=tuple(sorted(places["number"], key=lambda place: "手机" not in first[place])),
        ignored=tuple(_shown(cell) for place, cell in enumerate(first) if place not in known and cell.strip()),
        name=_one(places["name"]),
        customer=_one(places["customer"]),
        zone=_one(places["zone"]),
        priority=_one(places["priority"]),
    )


def _one(places: list[int]) -> int | None:
    return places[0] if places else None


def _by_content(first: Sequence[str], reads_as_number: Callable[[str], bool]) -> Columns:
    number = next((place for place, cell in enumerate(first) if reads_as_number(cell)), None)
    if number is None:
        number = max(range(len(first)), key=lambda place: len(_DIGITS.findall(first[place])))
    name = next((place for place, cell in enumerate(first) if cell.strip() and not _DIGITS.search(cell)), None)
    return Columns(count=len(first), numbers=(number,), name=name, headed=False)


def _shown(cell: str) -> str:
    return "".join(letter if letter.isprintable() else "·" for letter in mask_digits(cell.strip()[:30]))
