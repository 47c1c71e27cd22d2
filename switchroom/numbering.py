"""Reads the numbers of a list: as telephony.numbers does, but Chinese mobile numbers without its cost; and Excel's scars."""

import re

from phonenumbers import PhoneMetadata

from telephony.numbers import NumberFault, PhoneNumber, parse

_SCIENTIFIC = re.compile(r"\d+(?:[.,]\d+)?[eE]\+?\d+")
_WRAPPED = re.compile(r'=?\s*"(.*)"|\'(.*)')
_FLOAT = re.compile(r"(\d{5,})\.0+")
_BLANKS = " \t\r\n\u3000\u00a0\ufeff\u200b\u200c\u200d\u2060\u202a\u202c\u202d\u202e"


def read_number(text: str, region: str) -> PhoneNumber:
    """The number in a cell; the same answer as telephony.numbers.parse on a clean cell. Raises NumberFault."""
    quick = _quick(text, region)
    return quick if quick is not None else parse(_clean(text), region)


def reads_as_number(text: str, region: str) -> bool:
    try:
        read_number(text, region)
    except NumberFault:
        return False
    return True


def _mobile(country: str) -> re.Pattern[str]:
    plan = PhoneMetadata.metadata_for_region(country)
    assert plan is not None
    assert plan.mobile is not None
    assert plan.general_desc is not None
    mobile, general = plan.mobile.national_number_pattern, plan.general_desc.national_number_pattern
    return re.compile(rf"(?=(?:{general})\Z)(?:{mobile})", re.ASCII)


_CHINESE_MOBILE = _mobile("CN")


def _quick(text: str, region: str) -> PhoneNumber | None:
    """A Chinese mobile number written as 11 digits (read in China) or +86 and 11 digits; None for all else."""
    if len(text) == 11:
        if region == "CN" and _CHINESE_MOBILE.fullmatch(text):
            return PhoneNumber("+86" + text)
    elif len(text) == 14 and text.startswith("+86") and _CHINESE_MOBILE.fullmatch(text, 3):
        return PhoneNumber(text)
    return None


def _clean(text: str) -> str:
    text = text.strip(_BLANKS)
    if wrapped := _WRAPPED.fullmatch(text):
        text = (wrapped[1] or wrapped[2] or "").strip(_BLANKS)
    if _SCIENTIFIC.fullmatch(text):
        raise NumberFault("scientific")
    if whole := _FLOAT.fullmatch(text):
        return whole[1]
    return text
