"""The settings of the predictive hour: the real Asterisk of the rig, its trunk, twenty agents, one campaign, one SQLite."""

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from benchmarks.floor import CAMPAIGN, TOKEN, put_leads, store_url
from simulator.habits import Habits
from simulator.odds import Odds

if TYPE_CHECKING:
    from tests.asterisk.rig.floor import Rig

PATIENCE_S = 2.0
LENIENT, STRICT = "late is connected", "late is abandoned"
"""Two more abandon contracts, too loose to bind, that are only counted."""
TRUNK = "carrier"


ODDS = Odds(
    human=0.35, machine=0.20, busy=0.08, congestion=0.0, invalid=0.0, unavailable=0.0, declines=0.0,
    early_media_busy=0.0, silent=0.0, amd_mistakes=0.0, amd_misses=0.0,
)  # fmt: skip
"""The checked pacing model at an answer rate of 35 %; what is left rings out."""


AMD = 'amd = { stage = "asterisk", after_greeting_silence_ms = 400, sample = 0.0 }'
"""Asterisk's own detection, quick to know a person (about 0.7 s after the answer); agents are handed no machines, since these
could not tell."""


class Hour(msgspec.Struct, frozen=True, kw_only=True):
    """What is played; `shortened` divides the times of calls and of wrap-ups, never the patience."""

    minutes: float = 60.0
    agents: int = 20
    ringing: int = 6
    """So many of them have phones that ring for each call; the others sit in their seats."""
    target: float = 0.028
    shortened: float = 1.0
    seed: int = 1
    record: bool = True
    amd: bool = True

    @property
    def leads(self) -> int:
        """More than can be dialled in the time."""
        return int(self.minutes * self.agents * 5 * self.shortened) + 400


def habits(hour: Hour) -> Habits:
    """The model's wrap-up; some talks are ended by the agent, some customers put on hold; no breaks."""
    return Habits(
        sign_in_spread_s=min(20.0, 12.0 * hour.minutes),
        wrap_mean_s=15.0 / hour.shortened,
        ends_mean_s=90.0 / hour.shortened,
        hold_mean_s=15.0 / hour.shortened,
        break_every_s=0.0,
    )


def agents_of(rig: "Rig", hour: Hour) -> dict[str, str]:
    """The agents with the mode of their phones, seats first."""
    ids = [rig.agent("answers") for _ in range(hour.agents)]
    return {one: "nailed_up" if n < hour.agents - hour.ringing else "ring_each_call" for n, one in enumerate(ids)}


def write_settings(folder: Path, rig: "Rig", hour: Hour, agents: dict[str, str], api_port: int) -> Path:
    """``server.toml`` and ``campaigns.toml`` in `folder`, the leads in its database; returns the first."""
    folder.mkdir(parents=True, exist_ok=True)
    pbx = rig.settings.asterisk[0]
    lines = [
        f'data = "{folder}"',
        f'store = {{ url = "{store_url(folder)}", free_mb = 0 }}',
        f'log = {{ level = "warning", file = "{folder / "switchroom.log"}" }}',
        "floor = { wrap_up_s = 300.0 }",
        f'api = {{ port = {api_port}, tokens = {{ bench = "{TOKEN}" }} }}',
        'policy = { default = "none" }',
        "[[asterisk]]",
        f'name = "{pbx.name}"',
        f"port = {pbx.port}",
        f'secret = "{pbx.secret.get_secret_value()}"',
        f'recordings = "{rig.pbx.recordings}"',
        f'recordings_here = "{rig.pbx.recordings}"',
        "[[trunk]]",
        f'name = "{TRUNK}"',
        f'asterisk = "{pbx.name}"',
        f'dial = "PJSIP/{{digits}}@{TRUNK}"',
        f"channels = {8 * hour.agents}",
        f"cps = {max(20, hour.agents)}",
        'caller_ids = ["4001234567"]',
    ]
    for agent, mode in agents.items():
        lines += [
            "[[agent]]",
            f'id = "{agent}"',
            f'asterisk = "{pbx.name}"',
            f'endpoint = "PJSIP/{agent}"',
            f'mode = "{mode}"',
            f'campaigns = ["{CAMPAIGN}"]',
        ]
    path = folder / "server.toml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    (folder / "campaigns.toml").write_text(
        f"""[campaign.{CAMPAIGN}]
mode = "predictive"
ring_s = {max(5.0, 25.0 / hour.shortened)}
{AMD if hour.amd else ""}
record = {str(hour.record).lower()}
windows = [{{ begin = "00:00", end = "24:00" }}]
pacing = {{ target_abandon = {hour.target}, patience_s = {PATIENCE_S} }}
abandon = [
    {{ name = "{LENIENT}", target = 0.1, window = "campaign", late = "connected" }},
    {{ name = "{STRICT}", target = 0.1, window = "campaign", late = "abandoned" }},
]
""",
        encoding="utf-8",
    )
    put_leads(folder, hour.leads, hour.seed)
    return path
