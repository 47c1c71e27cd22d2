"""Every setting as a row: dotted name, kind, default, limits and description, read off the models."""

import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from config.fields import Section
from config.kvm import KvmFile
from config.model import CampaignFile, ServerSettings
from config.words import settings_in_chinese


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting or, when `section` is given, one table; `many` says whether it is written ``[[name]]`` or by name.

    `low` and `high` are the limits, `above` says that `low` itself is not allowed.
    `default` is None both for "not given" and for what `required` asks for."""

    name: str
    key: str
    description: str
    required: bool
    default: Any
    choices: tuple[str, ...] = ()
    low: float | None = None
    high: float | None = None
    above: bool = False
    section: type[Section] | None = None
    many: Literal["", "list", "named"] = ""


def settings(section: type[Section], prefix: str = "") -> Iterator[Setting]:
    """The settings directly in a section, in their order."""
    for key, field in section.model_fields.items():
        inner, many = _section_of(field.annotation)
        low, high, above = _limits(field)
        yield Setting(
            name=f"{prefix}{key}",
            key=key,
            description=field.description or "",
            required=field.is_required(),
            default=None if field.is_required() else _default(field),
            choices=_choices(field.annotation),
            low=low,
            high=high,
            above=above,
            section=inner,
            many=many,
        )


@cache
def everything() -> dict[str, Setting]:
    """All settings of the three files by dotted name; campaigns begin with ``campaign.``."""
    return {row.name: row for top in (ServerSettings, CampaignFile, KvmFile) for row in _deep(top, "")}


def describe(lang: str, name: str) -> str:
    """What the setting is for, in the language asked for; empty for an unknown one."""
    if lang == "zh-CN" and (text := settings_in_chinese().get(name)):
        return text
    row = everything().get(name)
    return row.description if row else ""


def _deep(section: type[Section], prefix: str) -> Iterator[Setting]:
    for row in settings(section, prefix):
        yield row
        if row.section is not None:
            yield from _deep(row.section, f"{row.name}.")


def _default(field: FieldInfo) -> Any:
    value = field.get_default(call_default_factory=True, validated_data={})
    return None if value is PydanticUndefined else value


def _section_of(annotation: Any) -> tuple[type[Section] | None, Literal["", "list", "named"]]:
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation, ""
    inner = [arg for arg in get_args(annotation) if isinstance(arg, type) and issubclass(arg, Section)]
    if not inner:
        return None, ""
    return inner[0], "named" if get_origin(annotation) is dict else "list"


def _choices(annotation: Any) -> tuple[str, ...]:
    inner = get_args(annotation)[-1] if get_origin(annotation) in (list, dict) else annotation
    return tuple(name for name in map(str, get_args(inner)) if name) if get_origin(inner) is Literal else ()


def _limits(field: FieldInfo) -> tuple[float | None, float | None, bool]:
    marks = list(field.metadata)
    if get_origin(field.annotation) in (Union, types.UnionType):
        for arg in get_args(field.annotation):
            for mark in getattr(arg, "__metadata__", ()):
                marks.extend(mark.metadata if isinstance(mark, FieldInfo) else [mark])
    low = high = None
    for mark in marks:
        match mark:
            case Ge(ge=limit) | Gt(gt=limit):
                low = limit
            case Le(le=limit) | Lt(lt=limit):
                high = limit
    return low, high, any(isinstance(mark, Gt) for mark in marks)  # type: ignore[return-value]
