"""The annotated example files and the pages of all settings, made from the models; ``python -m config.render`` writes them."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from config.catalogue import Setting, describe, settings
from config.fields import Section
from config.kvm import KvmFile
from config.model import CampaignSettings, ServerSettings
from config.regulations import regulations_page
from config.words import say

_HEAD = {
    "server": (
        "Switchroom 服务器设置，启动时读取一次。写明的都是默认值，可删去不改的行。",
        "Settings of the Switchroom server, read once at start. Values shown are the defaults unless a name is needed.",
    ),
    "campaigns": (
        "Switchroom 外呼活动，运行中修改即生效；有错的文件会被拒绝，原有设置继续有效。",
        "Campaigns of Switchroom, reloaded while running; a file with a mistake is refused and the old one stays.",
    ),
    "kvm": (
        "Switchroom 席位屏幕（KVM），与 server.toml 放在同一目录，启动时读取；没有此文件则不控制屏幕。",
        "Seats' screens (KVM) of Switchroom, beside server.toml, read once at start; without this file no screen is controlled.",
    ),
}
_CAMPAIGN = "spring"
_EXAMPLES: dict[str, Any] = {
    "asterisk.name": "pbx1",
    "asterisk.secret": "change-me",
    "trunk.name": "carrier1",
    "trunk.asterisk": "pbx1",
    "trunk.dial": "PJSIP/{digits}@carrier1",
    "agent.id": "1001",
    "agent.asterisk": "pbx1",
    "agent.endpoint": "PJSIP/1001",
    "agent.campaigns": [_CAMPAIGN],
    "skill.title": "宽带",
    "node.title": "自助菜单",
    "node.context": "menu",
    "survey.title": "满意度",
    "survey.question.sound": "survey-1",
    "queue.title": "客服热线",
    "floor.reason.title": "辅导",
    "floor.reason.title_en": "Coaching",
    "floor.shift.begin": "09:00",
    "floor.shift.end": "18:00",
    "queue.lines": ["*"],
    "routing.rule.agent": "lang.{language}",
    "queue.hours.open.begin": "09:00",
    "queue.hours.open.end": "18:00",
    "queue.hours.holiday_open.begin": "10:00",
    "queue.hours.holiday_open.end": "16:00",
    "queue.hours.closed.way": "closed",
    "queue.overflow.full.way": "closed",
    "do_not_call.list.name": "national",
    "do_not_call.list.file": "var/national.dnc",
    "campaign.title": "春季回访",
    "matrix.name": "main",
    "transmitter.id": "0001",
    "transmitter.name": "坐席主机 1",
    "transmitter.matrix": "main",
    "receiver.id": "5001",
    "receiver.name": "坐席屏 1",
    "receiver.matrix": "main",
    "unit.heads": ["5001", "5002"],
    "wall.receivers": ["5003", "5004"],
    "hotkey.targets": ["5001"],
    "user.password": "scrypt$16384$8$1$…$…",
    "seat.receiver": "5001",
    "rule.on": "call_offered",
    "calendar.country": "CN",
    "calendar.day.date": date(2026, 10, 9),
    "campaign.holiday_windows.begin": "10:00",
    "campaign.holiday_windows.end": "12:00",
}
_OUT_OF_USE = {
    "floor.hold_sound": 'hold_sound = "beep"',
    "node.announcement": 'announcement = "one-moment-please"',
    "survey.intro": 'intro = "survey-intro"',
    "survey.thanks": 'thanks = "survey-thanks"',
    "queue.survey": 'survey = "care"',
    "campaign.survey": 'survey = "care"',
    "transfer.campaign": 'campaign = "spring"',
    "api.tokens": 'tokens = { admin = "at least 24 characters, e.g. from: openssl rand -hex 24" }',
    "api.roles": 'roles = { admin = "admin" }',
    "audit.anchor": 'anchor = "/mnt/other/switchroom.anchor"',
    "asterisk.recordings_here": 'recordings_here = "/var/spool/asterisk/monitor"',
    "floor.roster": 'roster = "var/roster.csv"',
    "matrix.secret": 'secret = "the password of its user"',
    "seat.station": 'station = "0001"',
    "acd.queue_log": 'queue_log = "var/queue_log"',
    "surge.webhook.secret": 'secret = "at least a line of random letters, e.g. from: openssl rand -hex 24"',
    "log.file": 'file = "var/switchroom.log"',
    "store.key_file": 'key_file = "/etc/switchroom/number.key"',
    "campaign.wrap_up_s": "wrap_up_s = 30.0",
    "queue.wrap_up_s": "wrap_up_s = 30.0",
}
_TABLES_OUT_OF_USE = {
    "node": "node.menu",
    "survey": "survey.care",
    "calendar": "calendar.china",
    "campaign.holiday_windows": "",
    "campaign.abandon": "",
    "do_not_call.list": "",
    "skill": "skill.broadband",
    "queue": "queue.service",
    "queue.no_answer": "queue.service.no_answer",
    "queue.widen": "",
    "routing.rule": "routing.rule.language",
    "queue.hours.open": "",
    "queue.hours.holiday_open": "",
    "floor.reason": "floor.reason.coaching",
    "floor.shift": "floor.shift.day",
    "unit": "",
    "wall": "wall.hall",
    "hotkey": "hotkey.A",
    "preset": "preset.morning",
    "group": "group.agents",
    "user": "user.zhang",
    "seat": "seat.a1",
    "rule": "",
}
"""Tables shown behind #, with the name they are given where they need one."""


def example_server() -> str:
    """``server.toml`` with every setting, explained in Chinese and English."""
    return "\n".join([*_head("server"), *_table(ServerSettings, "", "", {})]) + "\n"


def example_campaigns() -> str:
    """``campaigns.toml`` with one campaign and every setting, explained in Chinese and English."""
    path = f"campaign.{_CAMPAIGN}"
    body = _table(CampaignSettings, "campaign.", path, {})
    return "\n".join([*_head("campaigns"), *_about("campaign"), f"[{path}]", *body]) + "\n"


def example_kvm() -> str:
    """``kvm.toml`` with every setting, explained in Chinese and English."""
    return "\n".join([*_head("kvm"), *_table(KvmFile, "", "", {})]) + "\n"


def settings_page(lang: str) -> str:
    """All settings of the files as a Markdown page."""
    lines = [f"# {say(lang, 'page.settings_title')}", "", say(lang, "page.settings_intro"), ""]
    for file, section, prefix in (
        ("server.toml", ServerSettings, ""),
        ("campaigns.toml", CampaignSettings, "campaign."),
        ("kvm.toml", KvmFile, ""),
    ):
        lines += [f"## {file}", "", *_heading(lang)]
        lines += [_row(lang, row) for row in _every(section, prefix)]
        lines.append("")
    return "\n".join(lines)


def files(root: Path) -> dict[Path, str]:
    """What is checked in, by its place in the repository."""
    return {
        root / "config" / "example.toml": example_server(),
        root / "config" / "campaigns.example.toml": example_campaigns(),
        root / "config" / "kvm.example.toml": example_kvm(),
        root / "docs" / "settings.md": settings_page("en"),
        root / "docs" / "settings.zh-CN.md": settings_page("zh-CN"),
        root / "docs" / "regulations.md": regulations_page("en"),
        root / "docs" / "regulations.zh-CN.md": regulations_page("zh-CN"),
    }


def _head(file: str) -> list[str]:
    return [f"# {line}" for line in _HEAD[file]] + [""]


def _about(name: str) -> list[str]:
    return [f"# {text}" for text in (describe("zh-CN", name), describe("en", name)) if text]


def _table(section: type[Section], prefix: str, path: str, given: dict[str, Any], *, explain: bool = True) -> list[str]:
    rows = list(settings(section, prefix))
    lines: list[str] = []
    for row in rows:
        if row.section is None:
            lines += [*(_about(row.name) if explain else []), _line(row, given.get(row.key, row.default))]
    for row in rows:
        if row.section is not None:
            lines += [
                "",
                *(_about(row.name) if explain else []),
                *_shown(row, f"{path}.{row.key}" if path else row.key),
            ]
    return lines


def _shown(row: Setting, path: str) -> list[str]:
    if row.name not in _TABLES_OUT_OF_USE:
        return _inner(row, path)
    assert row.section is not None
    name = _TABLES_OUT_OF_USE[row.name]
    body = [f"[{name}]", *_table(row.section, f"{row.name}.", name, {})] if name else _inner(row, path)
    return [line if not line or line.startswith("#") else f"# {line}" for line in body]


def _inner(row: Setting, path: str) -> list[str]:
    assert row.section is not None
    if row.many == "named":
        pairs = [f"{name} = {_inline(value)}" for name, value in row.default.items()]
        about = [line for field in settings(row.section, f"{row.name}.") for line in _field_about(field)]
        return [*about, f"[{path}]", *pairs]
    if row.many == "list":
        lines: list[str] = []
        for number, value in enumerate(row.default or [None]):
            given = {} if value is None else dict(value)
            body = _table(row.section, f"{row.name}.", path, given, explain=number == 0)
            lines += ["", f"[[{path}]]", *body] if number else [f"[[{path}]]", *body]
        return lines
    return [f"[{path}]", *_table(row.section, f"{row.name}.", path, {})]


def _field_about(field: Setting) -> Iterator[str]:
    yield f"# {field.key}: {describe('zh-CN', field.name)}"
    yield f"# {field.key}: {field.description}"


def _line(row: Setting, value: Any) -> str:
    if row.name in _OUT_OF_USE:
        return f"# {_OUT_OF_USE[row.name]}"
    return f"{row.key} = {_toml(_EXAMPLES.get(row.name, value))}"


def _inline(section: Section) -> str:
    return "{ " + ", ".join(f"{name} = {_toml(value)}" for name, value in section) + " }"


def _toml(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case int() | float() | date():
            return str(value)
        case list():
            return "[" + ", ".join(map(_toml, value)) + "]"
        case str() | Path():
            return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
        case dict():
            inner = ", ".join(f"{key} = {_toml(one)}" for key, one in value.items())
            return f"{{ {inner} }}" if inner else "{}"
        case SecretStr():
            raise TypeError("a secret has no default")
    raise TypeError(f"no TOML for {type(value).__name__}")


def _every(section: type[Section], prefix: str) -> Iterator[Setting]:
    for row in settings(section, prefix):
        if row.section is None:
            yield row
    for row in settings(section, prefix):
        if row.section is not None:
            yield row
            yield from _every(row.section, f"{row.name}.")


def _heading(lang: str) -> list[str]:
    columns = [say(lang, f"page.settings_{column}") for column in ("name", "default", "allowed", "meaning")]
    return ["| " + " | ".join(columns) + " |", "| --- | --- | --- | --- |"]


def _row(lang: str, row: Setting) -> str:
    default = say(lang, "page.required") if row.required else ""
    if not row.required and row.section is None and row.default not in (None, "", [], {}):
        default = f"`{_toml(row.default)}`"
    name = f"`{row.name}`" if row.section is None else f"**`{_bracketed(row)}`**"
    cells = [name, default, _allowed(row), describe(lang, row.name)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _bracketed(row: Setting) -> str:
    return {"list": f"[[{row.name}]]", "named": f"[{row.name}.NAME]", "": f"[{row.name}]"}[row.many]


def _allowed(row: Setting) -> str:
    if row.choices:
        return ", ".join(f"`{choice}`" for choice in row.choices)
    low, high = (None if limit is None else f"{limit:.10g}" for limit in (row.low, row.high))
    if low and high:
        return f"> {low}, ≤ {high}" if row.above else f"{low} – {high}"
    if low:
        return f"> {low}" if row.above else f"≥ {low}"
    return f"≤ {high}" if high else ""


if __name__ == "__main__":
    for path, text in files(Path(sys.argv[1] if len(sys.argv) > 1 else ".")).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
