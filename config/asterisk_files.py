"""Writes the files an operator includes in his Asterisk: manager user, dialplan, seats, an example of trunks and phones.

The texts stand in ``config/asterisk/``, the dialplan in parts in ``extensions/``; a word between at-signs is filled in from the settings. No secret is written
unless asked for, and then into files of their own.
"""

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from config.model import AsteriskSettings, ServerSettings

TEMPLATES = Path(__file__).parent / "asterisk"

EVENTS = (
    "FullyBooted",
    "Shutdown",
    "OriginateResponse",
    "Newchannel",
    "Newstate",
    "DialState",
    "DialEnd",
    "Hangup",
    "HangupRequest",
    "BridgeEnter",
    "BridgeLeave",
    "MixMonitorStart",
    "MixMonitorStop",
    "MixMonitorMute",
    "ChanSpyStart",
    "ChanSpyStop",
    "CoreShowChannel",
    "CoreShowChannelsComplete",
)
"""The AMI events let through whole; of UserEvent only our own, of DeviceStateChange only the phones'."""

RESERVED = frozenset({"h", "failed"})
"""Extensions Asterisk runs by itself: at the end of a call, and for an Originate that came to nothing."""

LOOPBACK = ("127.0.0.0/255.0.0.0",)
PLACEHOLDER_CARRIER = "sip:carrier.invalid:5060"
_PJSIP = re.compile(r"PJSIP/(?:[^@/]*@)?([^/]+)")


class Unwritable(ValueError):
    """A setting that cannot stand in an Asterisk file; the text says which, never its value."""


def render_all(settings: ServerSettings, *, secrets: bool = False) -> dict[str, str]:
    """All files by name; with several Asterisks each one's are under ``NAME/``. Raises Unwritable."""
    several = len(settings.asterisk) > 1
    return {
        f"{pbx.name}/{file}" if several else file: text
        for pbx in settings.asterisk
        for file, text in render(settings, pbx, secrets=secrets).items()
    }


def render(
    settings: ServerSettings,
    pbx: AsteriskSettings,
    *,
    secrets: bool = False,
    permit: Collection[str] = LOOPBACK,
    carriers: Mapping[str, str] | None = None,
    contacts: Mapping[str, str] | None = None,
    browsers: Collection[str] = (),
    passwords: Mapping[str, str] | None = None,
    qualify_s: int = 30,
) -> dict[str, str]:
    """The files of one Asterisk. `carriers` gives a trunk endpoint's SIP address, `contacts` a phone's fixed one (else
    it registers), `browsers` the phones that are web pages, `passwords` what phones register with; `permit` the addresses Switchroom may come from; `qualify_s`
    how often a trunk is asked whether it is there, in seconds, 0 never."""
    trunks = [trunk for trunk in settings.trunk if trunk.asterisk == pbx.name]
    agents = [agent for agent in settings.agent if agent.asterisk == pbx.name]
    if taken := RESERVED & {agent.id for agent in agents}:
        raise Unwritable(f"to Asterisk this is no agent's name: {min(taken)}")
    endpoints = sorted({name for trunk in trunks if (name := _endpoint(trunk.dial))})
    phones = sorted({name for agent in agents if (name := _endpoint(agent.endpoint))})
    files = {
        "switchroom_manager.conf": _fill(
            "switchroom_manager.conf",
            PBX=pbx.name,
            USER=_plain(pbx.user, "user"),
            PERMIT="\n".join(f"permit = {_plain(address, 'permit')}" for address in permit),
            FILTERS="\n".join(_filters(endpoints, {agent.endpoint.partition("/")[0] for agent in agents})),
        ),
        "switchroom_pjsip.conf": _fill(
            "switchroom_pjsip.conf",
            PBX=pbx.name,
            INBOUND="from-trunk",
            TRUNKS="\n".join(
                _trunk(name, (carriers or {}).get(name, PLACEHOLDER_CARRIER), qualify_s) for name in endpoints
            ),
            PHONES="\n".join(_phone(name, (contacts or {}).get(name), name in browsers) for name in phones),
        ),
    }
    for name in ("switchroom_confbridge.conf", "switchroom_http.conf"):
        files[name] = _fill(name)
    parts = sorted(path.name for path in (TEMPLATES / "extensions").glob("*.conf"))
    files["switchroom_extensions.conf"] = "\n".join(_fill(f"extensions/{name}") for name in parts)
    if secrets:
        files["switchroom_secret.conf"] = f"secret = {_secret(pbx.secret.get_secret_value())}\n"
    if passwords:
        files["switchroom_pjsip_secrets.conf"] = "".join(
            f"[{_plain(name, 'endpoint')}]\ntype = auth\nusername = {name}\npassword = {_secret(password)}\n"
            for name, password in sorted(passwords.items())
        )
    return files


def _fill(template: str, **words: str) -> str:
    text = (TEMPLATES / template).read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: words[found[1]], text)


def _filters(endpoints: Collection[str], technologies: Collection[str]) -> list[str]:
    """Include what we use; device states of phones only: a trunk's changes with every call and says nothing."""
    lines = [f"eventfilter(action(include),name({event})) =" for event in EVENTS]
    lines.append("eventfilter(action(include),name(UserEvent),header(UserEvent),method(starts_with)) = Switchroom")
    lines += [
        f"eventfilter(action(include),name(DeviceStateChange),header(Device),method(starts_with)) = {_plain(kind, 'endpoint')}/"
        for kind in sorted(technologies)
    ]
    lines += [
        f"eventfilter(action(exclude),name(DeviceStateChange),header(Device),method(exact)) = PJSIP/{name}"
        for name in endpoints
    ]
    return lines


def _endpoint(dial: str) -> str | None:
    """The PJSIP endpoint in a dial template: ``PJSIP/{digits}@carrier`` and ``PJSIP/carrier/sip:…`` give ``carrier``."""
    found = _PJSIP.match(dial)
    if not found:
        return None
    name = found[1].split("@")[-1]
    return _plain(name, "endpoint") if "{" not in name else None


def _trunk(name: str, contact: str, qualify_s: int) -> str:
    host = re.sub(r"^sips?:(?:[^@]*@)?", "", contact).split(";")[0].split(":")[0]
    return (
        f"[{name}](switchroom-trunk)\naors = {name}\n"
        f"[{name}]\ntype = aor\ncontact = {_plain(contact, 'carrier')}\nqualify_frequency = {qualify_s}\n"
        f"[{name}]\ntype = identify\nendpoint = {name}\nmatch = {host}\n"
    )


def _phone(name: str, contact: str | None, browser: bool) -> str:
    kind = "switchroom-browser" if browser else "switchroom-phone"
    if contact:
        return f"[{name}]({kind})\naors = {name}\n[{name}]\ntype = aor\ncontact = {_plain(contact, 'contact')}\n"
    return (
        f"[{name}]({kind})\naors = {name}\nauth = {name}\n"
        f"[{name}]\ntype = aor\nmax_contacts = 1\nremove_existing = yes\nqualify_frequency = 30\n"
    )


def _plain(text: str, what: str) -> str:
    """The text as it stands in a section name or value; raises Unwritable for what Asterisk would read otherwise."""
    if not text or text != text.strip() or any(char in text for char in "\r\n[]#"):
        raise Unwritable(what)
    return text.replace(";", "\\;")


def _secret(text: str) -> str:
    if not text or text != text.strip() or any(char in text for char in "\r\n\\"):
        raise Unwritable("secret")
    return text.replace(";", "\\;")
