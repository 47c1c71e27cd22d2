"""Draws the OSD: version, user and receiver, eight devices, the keys, what is typed, what is told."""

from config.words import say
from kvmctl.osd.desk import PAGE, Desk, State
from kvmctl.osd.show import Line, Row, Screen, Shown, Span, Style, Told

NAME_WIDTH = 28
HOTKEY_WIDTH = 12
RULE = "─" * 60


def draw(desk: Desk, shown: Shown, *, lang: str, version: str) -> Screen:
    """The screen as it is now; empty while the OSD is closed."""
    if not desk.is_open:
        return _pointer(lang) if desk.state is State.POINTER else ()
    title = (Span(f"{_say(lang, 'title')} ", Style.FIXED), Span(version, Style.LIVE))
    who = (
        Span(f"{_say(lang, 'user')} ", Style.FIXED),
        Span(f"{shown.user or '–'}  ", Style.LIVE),
        Span(f"{_say(lang, 'receiver')} ", Style.FIXED),
        Span(f"{shown.receiver}  ", Style.LIVE),
        Span(f"{_say(lang, 'network')} ", Style.FIXED),
        Span(say(lang, f"kvm.network.{shown.network}"), Style.LIVE),
    )
    head = (title, who, (Span(RULE, Style.FIXED),))
    if desk.state in (State.SIGN_IN, State.CHECKING):
        return (*head, *_sign_in(desk, lang), *_feedback(desk, lang))
    return (*head, *_devices(desk, shown, lang), *_lent(shown, lang), *_keys(desk, lang), *_feedback(desk, lang))


def _sign_in(desk: Desk, lang: str) -> Screen:
    name = desk.user_typed if desk.at_password or desk.state is State.CHECKING else desk.typed
    stars = "*" * len(desk.typed) if desk.at_password else ""
    return (
        (Span(_say(lang, "sign_in"), Style.PROMPT),),
        (Span(f"{_say(lang, 'name')} ", Style.FIXED), Span(name, Style.LIVE), *_cursor(not desk.at_password)),
        (Span(f"{_say(lang, 'password')} ", Style.FIXED), Span(stars, Style.LIVE), *_cursor(desk.at_password)),
    )


def _devices(desk: Desk, shown: Shown, lang: str) -> Screen:
    rows = [row for row in desk.rows(shown) if isinstance(row, Row)]
    pages = desk.pages(shown)
    page = min(desk.page, pages - 1)
    lines: list[Line] = [_row(row) for row in rows[page * PAGE : (page + 1) * PAGE]]
    lines += [()] * (PAGE - len(lines))
    number = say(lang, "kvm.osd.page", page=page + 1, pages=pages)
    return (*lines, (Span("↑ ↓ ", Style.FIXED), Span(number, Style.LIVE)))


def _row(row: Row) -> Line:
    keys = " ".join(row.hotkeys)[:HOTKEY_WIDTH]
    name = row.name[:NAME_WIDTH]
    return (Span(f"{row.id}  {name}{' ' * (NAME_WIDTH - width(name))}", row.style), Span(f"  {keys}", Style.LIVE))


def _lent(shown: Shown, lang: str) -> Screen:
    lines: list[Line] = []
    if shown.pushed_from:
        lines.append((Span(say(lang, "kvm.osd.pushed_from", source=shown.pushed_from), Style.PROMPT),))
    if shown.pushed_to:
        text = say(lang, "kvm.osd.pushed_to", receivers=", ".join(shown.pushed_to[:12]))
        lines.append((Span(text, Style.PROMPT),))
    return tuple(lines)


def _keys(desk: Desk, lang: str) -> Screen:
    keys = (Span(_say(lang, "keys"), Style.FIXED),)
    if desk.state is State.LIST:
        return ((Span(RULE, Style.FIXED),), keys, (Span(_say(lang, "choose"), Style.PROMPT),))
    if desk.state is State.POINTER:
        return ((Span(RULE, Style.FIXED),), keys, (Span(_say(lang, "point"), Style.PROMPT),))
    asked = (Span(f"{_say(lang, desk.mode)} ", Style.PROMPT), Span(desk.typed, Style.LIVE), *_cursor(True))
    return ((Span(RULE, Style.FIXED),), keys, asked)


def _feedback(desk: Desk, lang: str) -> Screen:
    text = feedback(desk.told, lang) if desk.told is not None else ""
    if desk.state in (State.WAITING, State.CHECKING):
        text = _say(lang, "waiting")
    return ((Span(f"{_say(lang, 'feedback')} ", Style.FIXED), Span(text, Style.PROMPT)),)


def feedback(told: Told, lang: str) -> str:
    """The text of an answer: its own words, then those that were left out."""
    text = say(lang, f"kvm.said.{told.said}")
    more = "; ".join(f"{about} {say(lang, f'kvm.said.{said}')}" for about, said in list(told.more.items())[:3])
    return f"{text} ({more})" if more else text


def _pointer(lang: str) -> Screen:
    return ((Span(_say(lang, "point"), Style.PROMPT),),)


def _cursor(here: bool) -> Line:
    return (Span("_", Style.PROMPT),) if here else ()


def _say(lang: str, code: str) -> str:
    return say(lang, f"kvm.osd.{code}")


def width(text: str) -> int:
    """Columns on a terminal: Chinese letters take two."""
    return sum(2 if "\u1100" <= letter <= "\uffef" and not "\u2000" <= letter <= "\u2bff" else 1 for letter in text)
