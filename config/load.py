"""Reads settings files: all mistakes at once, each with its file, line and key."""

import codecs
import re
import tomllib
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from config.catalogue import everything
from config.checks import Found, Loc, campaign_checks, server_checks
from config.faults import Fault, SettingsError, key_text, setting_of, shown
from config.fields import Section
from config.kvm import KvmFile, kvm_checks
from config.model import CampaignFile, CampaignSettings, ServerSettings
from config.places import Key, Place, nearest, places
from config.policy import fill_in, policy_checks

LARGEST = 4 * 1024 * 1024
"""Most bytes of a settings file."""
DOTS = 1000
"""Most dots in one line: a key of so many parts is no setting, and slow to read."""

_AT = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_BOMS = ((codecs.BOM_UTF8, "bom"), (codecs.BOM_UTF16_LE, "utf16"), (codecs.BOM_UTF16_BE, "utf16"))
_SYNTAX = (
    ("Unterminated string", "toml_unterminated"),
    ('Expected "', "toml_unterminated"),
    ("Unclosed array", "toml_unclosed"),
    ("Unclosed inline table", "toml_unclosed"),
    ("Cannot overwrite a value", "toml_twice"),
    ("Cannot declare", "toml_twice"),
    ("Cannot mutate immutable namespace", "toml_twice"),
    ("Duplicate inline table key", "toml_twice"),
    ("Expected '='", "toml_equals"),
    ("Invalid initial character for a key part", "toml_key"),
    ("Expected ']'", "toml_bracket"),
    ("Illegal character", "toml_character"),
    ("Found invalid character", "toml_character"),
    ("Expected newline or end of document after a statement", "toml_rest"),
    ("Unescaped '\\'", "toml_escape"),
    ("Invalid value", "toml_value"),
)
_KINDS = {
    "string_type": "text",
    "int_type": "whole",
    "int_from_float": "whole",
    "float_type": "number",
    "bool_type": "truth",
    "list_type": "list",
    "dict_type": "table",
    "model_type": "table",
    "model_attributes_type": "table",
    "is_instance_of": "text",
    "path_type": "text",
}
_LIMITS = {
    "greater_than_equal": ("too_small", "ge"),
    "greater_than": ("not_above", "gt"),
    "less_than_equal": ("too_large", "le"),
    "less_than": ("too_large", "lt"),
}
S = TypeVar("S", bound=Section)


def load_server(path: Path) -> ServerSettings:
    """The settings of ``server.toml``; raises SettingsError with everything that is wrong."""
    return _load(path, ServerSettings, server_checks)


def load_campaigns(path: Path, server: ServerSettings) -> dict[str, CampaignSettings]:
    """The campaigns of ``campaigns.toml`` by name, filled in from their policy packs and checked against the server's
    trunks, calendars and policy; raises SettingsError."""
    trunks, policy = {trunk.name for trunk in server.trunk}, server.policy
    settings = _load(
        path,
        CampaignFile,
        lambda tree: campaign_checks(tree, trunks, server.calendar),
        fill_in=lambda tree: fill_in(tree, policy.default),
        then=lambda file: policy_checks(file.campaign, policy.default, policy.looser),
    )
    return dict(settings.campaign)


def load_kvm(path: Path) -> KvmFile:
    """The screens of ``kvm.toml``; raises SettingsError."""
    return _load(path, KvmFile, kvm_checks)


def _load(
    path: Path,
    section: type[S],
    checks: Callable[[dict[str, Any]], Iterable[Found]],
    *,
    fill_in: Callable[[dict[str, Any]], dict[str, Any]] = lambda tree: tree,
    then: Callable[[S], Iterable[Found]] = lambda _: (),
) -> S:
    text = _text(path)
    tree = _tree(path, text)
    found: list[Found] = list(checks(tree))
    settings: S | None = None
    try:
        settings = section.model_validate(fill_in(tree), strict=True)
    except ValidationError as error:
        found.extend(_translate(section, row) for row in error.errors(include_url=False))
    else:
        found.extend(then(settings))
    if settings is None or found:
        where = places(text)
        faults = [_fault(path, where, *row) for row in found]
        raise SettingsError(sorted(faults, key=lambda fault: (fault.line or 0, fault.column or 0, fault.key)))
    return settings


def _text(path: Path) -> str:
    raw = _bytes(path)
    for bom, code in _BOMS:
        if raw.startswith(bom):
            raise _refused(path, code)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
    try:
        raw.decode("gb18030")
    except UnicodeDecodeError:
        raise _refused(path, "not_utf8", line, column) from None
    raise _refused(path, "gb18030", line, column)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except FileNotFoundError:
        raise _refused(path, "file_missing") from None
    except IsADirectoryError:
        raise _refused(path, "file_is_folder") from None
    except (OSError, ValueError) as error:
        raise _refused(path, "file_unreadable", why=getattr(error, "strerror", None) or type(error).__name__) from None
    if len(raw) > LARGEST:
        raise _refused(path, "file_too_large", limit=f"{LARGEST // 1024 // 1024} MB")
    return raw


def _tree(path: Path, text: str) -> dict[str, Any]:
    for number, written in enumerate(text.split("\n"), 1):
        if written.count(".") > DOTS and not written.lstrip().startswith("#"):
            raise _refused(path, "toml_nested", number)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
    except RecursionError:
        raise _refused(path, "toml_nested") from None
    except (ValueError, OverflowError):
        raise _refused(path, "toml_value") from None
    at = _AT.search(message)
    line, column = (int(at[1]), int(at[2])) if at and at[1] else (text.count("\n") + 1, None)
    code = next((code for begin, code in _SYNTAX if message.startswith(begin)), "toml_other")
    raise _refused(path, code, line, column)


def _refused(path: Path, code: str, line: int | None = None, column: int | None = None, **words: str) -> SettingsError:
    return SettingsError([Fault(str(path), line, "", code, words, column)])


def _fault(path: Path, where: dict[Key, Place], loc: Loc, code: str, words: dict[str, str]) -> Fault:
    place = nearest(where, loc)
    return Fault(
        file=str(path),
        line=place.line if place else None,
        column=place.column if place else None,
        key=key_text(loc),
        code=code,
        words=words,
        setting=setting_of(loc),
    )


def _translate(section: type[Section], row: ErrorDetails) -> Found:
    kind, loc, value, ctx = row["type"], tuple(row["loc"]), row["input"], row.get("ctx", {})
    if loc[-1:] == ("[key]",):
        key = f'"{key_text(loc[:-1]).removeprefix(key_text(loc[:-2])).removeprefix(".")}"'
        return loc[:-1], "name_form" if kind == "string_pattern_mismatch" else kind, {"found": key, **_words(ctx)}
    found = shown(loc, value)
    if kind == "missing":
        return loc, "missing", {}
    if kind == "extra_forbidden":
        return loc, *_unknown(section, loc)
    if kind == "literal_error":
        choices = everything()[setting_of(loc)].choices
        return loc, "not_one_of", {"found": found, "allowed": ", ".join(choices)}
    if kind in _LIMITS:
        code, name = _LIMITS[kind]
        return loc, code, {"found": found, "limit": f"{ctx[name]:g}"}
    if kind == "finite_number":
        return loc, "not_finite", {"found": found}
    if kind in _KINDS:
        wanted = _KINDS[kind]
        return loc, "wrong_kind", {"found_kind": _kind(value), "kind": wanted}
    if kind == "string_pattern_mismatch":
        return loc, _form(loc), {"found": found}
    return loc, kind, {"found": found, **_words(ctx)}


def _form(loc: Loc) -> str:
    match loc[-1], loc[-2] if len(loc) > 1 else "":
        case "begin" | "end", _:
            return "time_form"
        case "region", _:
            return "region_form"
        case _, "allowed_prefixes":
            return "prefix_form"
        case "password", _:
            return "hash_form"
        case _, "at":
            return "time_form"
        case (("id" | "receiver" | "station"), _):
            return "device_form"
        case _, "heads" | "targets" | "receivers" | "transmitters" | "shows" | "push" | "force":
            return "device_form"
    return "name_form"


def _unknown(section: type[Section], loc: Loc) -> tuple[str, dict[str, str]]:
    here = f"{parent}." if (parent := setting_of(loc[:-1])) else ""
    names = [name[len(here) :] for name in everything() if name.startswith(here)] if here else section.model_fields
    keys = [name for name in names if "." not in name]
    words = {"allowed": ", ".join(keys)}
    close = get_close_matches(str(loc[-1]), keys, n=1)
    return ("unknown_key_near", {"near": close[0], **words}) if close else ("unknown_key", words)


def _kind(value: object) -> str:
    match value:
        case bool():
            return "truth"
        case str():
            return "text"
        case int():
            return "whole"
        case float():
            return "number"
        case list():
            return "list"
        case dict():
            return "table"
    return "date"


def _words(ctx: dict[str, Any]) -> dict[str, str]:
    return {name: str(word) for name, word in ctx.items()}
