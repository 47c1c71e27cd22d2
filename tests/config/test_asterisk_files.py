"""The files for Asterisk say what the settings say, keep secrets out, and cannot be made to say anything else."""

import re
from pathlib import Path

import pytest

from config.asterisk_files import EVENTS, Unwritable, render, render_all
from config.model import AgentSettings, AsteriskSettings, ServerSettings, TrunkSettings

SECRET = "correct; horse"


def site(*, user: str = "switchroom", secret: str = SECRET, dial: str = "PJSIP/{digits}@carrier") -> ServerSettings:
    return ServerSettings(
        asterisk=[AsteriskSettings(name="pbx1", user=user, secret=secret)],
        trunk=[TrunkSettings(name="main", asterisk="pbx1", dial=dial)],
        agent=[AgentSettings(id="1001", asterisk="pbx1", endpoint="PJSIP/1001")],
    )


def test_every_file_is_written_for_the_only_asterisk() -> None:
    assert set(render_all(site())) == {
        "switchroom_manager.conf",
        "switchroom_extensions.conf",
        "switchroom_confbridge.conf",
        "switchroom_pjsip.conf",
        "switchroom_http.conf",
    }


def test_several_asterisks_have_a_folder_each_and_only_their_own_phones() -> None:
    settings = site()
    second = AsteriskSettings(name="pbx2", secret=SECRET)
    phone = AgentSettings(id="2001", asterisk="pbx2", endpoint="PJSIP/2001")
    both = ServerSettings(asterisk=[*settings.asterisk, second], trunk=settings.trunk, agent=[*settings.agent, phone])
    files = render_all(both)
    assert "[1001](switchroom-phone)" in files["pbx1/switchroom_pjsip.conf"]
    assert "[1001](switchroom-phone)" not in files["pbx2/switchroom_pjsip.conf"]
    assert "[2001](switchroom-phone)" in files["pbx2/switchroom_pjsip.conf"]
    assert "[carrier](switchroom-trunk)" not in files["pbx2/switchroom_pjsip.conf"]


def test_the_secret_is_written_only_when_asked_for_and_into_a_file_of_its_own() -> None:
    assert not any("horse" in text for text in render_all(site()).values())
    files = render_all(site(), secrets=True)
    assert files.pop("switchroom_secret.conf") == "secret = correct\\; horse\n"
    assert not any("horse" in text for text in files.values())


def test_the_user_comes_in_from_loopback_only_unless_told_otherwise() -> None:
    text = render_all(site())["switchroom_manager.conf"]
    assert re.findall(r"^(?:permit|deny).*$", text, re.MULTILINE) == [
        "deny = 0.0.0.0/0.0.0.0",
        "permit = 127.0.0.0/255.0.0.0",
    ]
    settings = site()
    wider = render(settings, settings.asterisk[0], permit=("192.0.2.7/255.255.255.255",))["switchroom_manager.conf"]
    assert "permit = 192.0.2.7/255.255.255.255" in wider
    assert "127.0.0.0" not in wider


def test_there_is_a_filter_for_every_event_and_the_trunks_state_is_left_out() -> None:
    text = render_all(site())["switchroom_manager.conf"]
    for event in EVENTS:
        assert text.count(f"eventfilter(action(include),name({event})) =") == 1
    assert "name(DeviceStateChange),header(Device),method(starts_with)) = PJSIP/\n" in text
    assert "action(exclude),name(DeviceStateChange),header(Device),method(exact)) = PJSIP/carrier\n" in text


@pytest.mark.parametrize(
    ("dial", "endpoint"),
    [
        ("PJSIP/{digits}@carrier", "carrier"),
        ("PJSIP/{e164}@sip.gw-2", "sip.gw-2"),
        ("PJSIP/carrier/sip:{digits}@192.0.2.1", "carrier"),
        ("PJSIP/9{national}@carrier", "carrier"),
    ],
)
def test_the_trunks_endpoint_is_read_from_what_is_dialled(dial: str, endpoint: str) -> None:
    assert f"[{endpoint}](switchroom-trunk)" in render_all(site(dial=dial))["switchroom_pjsip.conf"]


def test_a_trunk_of_another_technology_is_left_to_the_operator() -> None:
    assert "(switchroom-trunk)\n" not in render_all(site(dial="DAHDI/g1/{national}"))["switchroom_pjsip.conf"]


def test_a_browser_phone_gets_webrtc_and_a_registering_one_needs_a_password() -> None:
    settings = site()
    pbx = settings.asterisk[0]
    assert "[1001](switchroom-browser)" in render(settings, pbx, browsers={"1001"})["switchroom_pjsip.conf"]
    assert "auth = 1001" in render(settings, pbx)["switchroom_pjsip.conf"]
    fixed = render(settings, pbx, contacts={"1001": "sip:1001@192.0.2.9"})["switchroom_pjsip.conf"]
    assert "auth = 1001" not in fixed
    assert "contact = sip:1001@192.0.2.9" in fixed


@pytest.mark.parametrize("user", ["a[root]", "a]", "#include x", " a"])
def test_a_user_name_cannot_become_a_section_of_its_own(user: str) -> None:
    with pytest.raises(Unwritable):
        render_all(site(user=user))


@pytest.mark.parametrize("secret", [" padded ", "padded ", "back\\slash"])
def test_a_secret_asterisk_would_read_otherwise_is_refused_without_being_shown(secret: str) -> None:
    with pytest.raises(Unwritable) as refused:
        render_all(site(secret=secret), secrets=True)
    assert str(refused.value) == "secret"


@pytest.mark.parametrize("name", ["h", "failed"])
def test_an_agent_whose_name_is_an_extension_of_asterisks_own_is_refused(name: str) -> None:
    settings = ServerSettings(
        asterisk=[AsteriskSettings(name="pbx1", secret=SECRET)],
        agent=[AgentSettings(id=name, asterisk="pbx1", endpoint="PJSIP/1001")],
    )
    with pytest.raises(Unwritable, match=name):
        render_all(settings)


def test_the_dialplan_has_every_context_the_link_sends_calls_to() -> None:
    text = render_all(site())["switchroom_extensions.conf"]
    used = Path("telephony/ami/actions.py").read_text(encoding="utf-8")
    contexts = set(re.findall(r'"(switchroom-[a-z]+)"', used))
    assert contexts >= {"switchroom-answered", "switchroom-seat", "switchroom-agent"}
    assert contexts <= set(re.findall(r"^\[(switchroom-[a-z]+)\]$", text, re.MULTILINE))


def test_no_placeholder_is_left_and_no_context_is_defined_twice() -> None:
    for text in render_all(site()).values():
        assert not re.search(r"@[A-Z]+@", text)
    contexts = re.findall(r"^\[([^]]+)\]$", render_all(site())["switchroom_extensions.conf"], re.MULTILINE)
    assert len(contexts) == len(set(contexts))
    assert all(context.startswith("switchroom-") for context in contexts)


def test_a_phones_password_is_written_into_a_file_of_its_own() -> None:
    settings = site()
    files = render(settings, settings.asterisk[0], passwords={"1001": "battery; staple"})
    assert files.pop("switchroom_pjsip_secrets.conf").splitlines() == [
        "[1001]",
        "type = auth",
        "username = 1001",
        "password = battery\\; staple",
    ]
    assert not any("staple" in text for text in files.values())
