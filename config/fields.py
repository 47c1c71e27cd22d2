"""Kinds of settings: what a name, a line, a share, a span of time or a sound may look like, and what is said when not."""

from datetime import date
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from config.spans import span

TOKEN_LENGTH = 24
"""Fewest characters of an access token."""

LONGEST_SPAN_S = 3721 * 86_400.0
"""Most a frequency rule looks back or rests: ten years of the longest months."""

ABANDON_SHORTEST_S, ABANDON_LONGEST_S = 3600.0, 31 * 86_400.0
"""The shortest and the longest rolling window of an abandon contract."""

OUTCOMES = (
    "answered", "machine", "busy", "no_answer", "declined", "unavailable", "invalid", "congestion", "trunk_down",
    "cancelled", "refused", "unknown", "abandoned",
)  # fmt: skip
"""What a retry rule may be given for: the outcomes of telephony, and an answered call no agent took."""


def _one_line(text: str) -> str:
    if not text.isprintable():
        raise PydanticCustomError("control_character", "line breaks and control characters are not allowed")
    return text


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise PydanticCustomError("zone_unknown", "not a time zone of the IANA data base")
    return text


def _outcome(text: str) -> str:
    if text not in OUTCOMES:
        raise PydanticCustomError("not_one_of", "not an outcome", {"allowed": ", ".join(OUTCOMES)})
    return text


def _token(token: SecretStr) -> SecretStr:
    if len(token.get_secret_value()) < TOKEN_LENGTH:
        raise PydanticCustomError("token_short", "too short for a token", {"limit": TOKEN_LENGTH})
    if not token.get_secret_value().isascii() or not _one_line(token.get_secret_value()):
        raise PydanticCustomError("token_letters", "a token is ASCII letters, digits and signs")
    return token


def _secret(secret: SecretStr) -> SecretStr:
    _one_line(secret.get_secret_value())
    if not secret.get_secret_value():
        raise PydanticCustomError("empty", "must not be empty")
    return secret


def _dial(text: str) -> str:
    if not any(slot in text for slot in ("{digits}", "{e164}", "{national}")):
        raise PydanticCustomError("dial_without_number", "the number is missing from what is dialled")
    return _one_line(text)


def _store_url(text: str) -> str:
    if not text.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
        raise PydanticCustomError("store_url", "neither SQLite nor PostgreSQL")
    return _one_line(text)


def _span(text: str) -> str:
    try:
        length = span(text)
    except ValueError:
        raise PydanticCustomError("span_form", "not a span of time") from None
    if length.longest_s > LONGEST_SPAN_S:
        raise PydanticCustomError("span_long", "longer than ten years")
    return text


def _abandon_window(text: str) -> str:
    if text in ("day", "month", "campaign"):
        return text
    try:
        length = span(text)
    except ValueError:
        raise PydanticCustomError("abandon_window", "no window") from None
    if not ABANDON_SHORTEST_S <= length.seconds + length.days * 86_400.0 <= ABANDON_LONGEST_S:
        raise PydanticCustomError("abandon_window", "no window")
    return text


def _span_of_time(text: str) -> str:
    if not span(_span(text)):
        raise PydanticCustomError("span_empty", "no time at all")
    return text


def _date(value: Any) -> Any:
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    if type(value) is not date:
        raise PydanticCustomError("date_form", "not a date")
    return value


@cache
def calendar_countries() -> dict[str, list[str]]:
    """Countries whose public holidays are known (ISO 3166), each with its states or provinces."""
    import holidays

    return dict(holidays.list_supported_countries(include_aliases=False))


def _calendar_country(text: str) -> str:
    if text and text not in calendar_countries():
        raise PydanticCustomError("calendar_country", "no such country")
    return text


def _place(value: Any) -> Any:
    return Path(_one_line(value)) if isinstance(value, str) else value


Line = Annotated[str, AfterValidator(_one_line)]
"""Text without line breaks and control characters, safe in a dialplan, a header and a log."""
Zone = Annotated[str, AfterValidator(_zone)]
Outcome = Annotated[str, AfterValidator(_outcome)]
DialText = Annotated[str, AfterValidator(_dial)]
StoreUrl = Annotated[str, AfterValidator(_store_url)]
CalendarCountry = Annotated[str, AfterValidator(_calendar_country)]
Token = Annotated[SecretStr, AfterValidator(_token)]
Secret = Annotated[SecretStr, AfterValidator(_secret)]
Span = Annotated[str, AfterValidator(_span)]
"""A span such as ``"3 months"``, see ``config.spans``; ``"0 days"`` is none."""
AbandonWindow = Annotated[str, AfterValidator(_abandon_window)]
SpanOfTime = Annotated[str, AfterValidator(_span_of_time)]
Day = Annotated[date, BeforeValidator(_date)]
Place = Annotated[Path, BeforeValidator(_place)]
Prefix = Annotated[str, Field(pattern=r"^\+[0-9]{1,15}$")]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,40}$")]
"""A short name used in ids, file names and dialplans: letters, digits, underscore and dot; no dash, no space."""
ScopeName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{0,40}$")]
Seconds = Annotated[float, Field(ge=0, le=86_400)]
Share = Annotated[float, Field(ge=0, le=1)]


SoundName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-][A-Za-z0-9_./-]{0,79}$")]
"""A sound in Asterisk's sounds folder, without its ending."""


class Section(BaseModel):
    """A table of a settings file; unknown keys are refused so that a typing error is found."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, hide_input_in_errors=True)
