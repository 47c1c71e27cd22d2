"""What an hour of predictive dialling came to, and the same as a benchmark's figure."""

import msgspec

from benchmarks.hour_books import Comparison, End, abandon_rate
from benchmarks.hour_floor import Hour
from benchmarks.hour_journal import Journal
from benchmarks.result import Result, percentile


class Found(msgspec.Struct, kw_only=True):
    """What an hour came to."""

    hour: Hour
    comparison: Comparison
    answer_to_agent_s: list[float]
    parked_to_agent_s: list[float]
    utilisation: float
    connected: int
    abandoned: int
    rate: float
    """What our own counters say, as the API shows them."""
    contracts: dict[str, tuple[int, int]] = {}
    """Abandoned and counted by abandon contract, as the API shows them."""
    journal: Journal
    cpu: dict[str, float]
    strange: list[str] = []
    """SIP the carrier did not expect."""
    refused: dict[str, int] = {}
    """Agents' wishes that were not granted, by verb and status."""
    skipped: int = 0
    """Facts the live socket left out."""


def result(name: str, found: Found) -> Result:
    """The figures of an hour: the abandon rate at the carrier, and whether both books agree."""
    both = found.comparison
    theirs = abandon_rate(both.carrier)
    heard = [1000 * wait for wait in found.answer_to_agent_s] or [0.0]
    direct = [1000 * wait for wait in found.parked_to_agent_s] or [0.0]
    notes: dict[str, float | str] = {
        "minutes": found.hour.minutes,
        "agents": found.hour.agents,
        "calls": both.pairs,
        "utilisation %": round(100 * found.utilisation, 1),
        "rate at the carrier %": round(100 * theirs, 3),
        "rate by our journal %": round(100 * abandon_rate(both.ours), 3),
        "rate by our API %": round(100 * found.rate, 3),
        "target %": 100 * found.hour.target,
        "connected by our API": found.connected,
        "abandoned by our API": found.abandoned,
    }
    for name, (abandoned, counted) in found.contracts.items():
        notes[f"contract, {name}"] = f"{abandoned} of {counted}"
    for end in End:
        notes[f"{end.value} (carrier / journal)"] = f"{both.carrier[end]} / {both.ours[end]}"
    notes |= {
        "calls told differently": len(both.differences),
        "by name": "; ".join(f"{name or 'no name'} {times}" for name, times in sorted(both.names.items())) or "none",
        "calls in one book only": both.only_carrier + both.only_journal,
        "differences": "; ".join(one.words for one in both.differences) or "none",
        "parked to agent heard, ms p50 / p99": f"{percentile(direct, 0.5):.0f} / {percentile(direct, 0.99):.0f}",
        "processor s": "; ".join(f"{who} {spent:.0f}" for who, spent in found.cpu.items()),
        "anomalies": "; ".join(f"{what} ×{times}" for what, times in found.journal.anomalies.items()) or "none",
        "alarms": "; ".join(f"{what} ×{times}" for what, times in found.journal.alarms.items()) or "none",
        "strange SIP": "; ".join(found.strange[:5]) or "none",
        "wishes refused": "; ".join(f"{what} ×{times}" for what, times in found.refused.items()) or "none",
    }
    return Result(
        name=name,
        unit="% abandoned of live answers, counted at the carrier",
        value=round(100 * theirs, 3),
        p50=round(percentile(heard, 0.5), 1),
        p99=round(percentile(heard, 0.99), 1),
        p_unit="ms from the answer to the agent heard",
        limit="≤ 3 %, every difference of the books named",
        met=not both.unexplained() and theirs <= 0.03,
        notes=notes,
    )
