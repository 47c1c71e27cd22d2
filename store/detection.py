"""What detection of answering machines heard of a campaign's calls and what agents said of them, counted from the attempts."""

import msgspec
from sqlalchemy import case, func, select

from dialer.amd.errors import Counted
from store.opening import Store
from store.tables import attempts
from telephony.detection import TAKEN_FOR_MACHINE, Heard, Then

BIN_S = 0.01
"""How finely times are told apart."""


class Detected(msgspec.Struct, frozen=True, kw_only=True):
    """The counts of one span; `times` how many verdicts took so many hundredths of a second, in their order; `causes`
    how many of each verdict had each word of the detector's; `gone` were sampled and had hung up before the agent came."""

    counted: Counted
    times: tuple[tuple[int, int], ...]
    causes: dict[str, dict[str, int]]
    gone: int = 0


def detected(store: Store, campaign: str, *, since: float, until: float, machine: str) -> Detected:
    """Attempts placed in [since, until) that a detector listened to; `machine` is the disposition that means one."""
    a = attempts.c
    ours = (a.campaign == campaign, a.placed_at >= since, a.placed_at < until, a.heard.is_not(None))
    then = func.coalesce(a.screened, Then.AGENT.value)
    said = case((a.disposition.is_(None), None), (a.disposition == machine, 1), else_=0)
    talked = case((a.connected_at.is_(None), 0), else_=1)
    bins = func.round(a.heard_s / BIN_S)
    why = func.coalesce(a.heard_why, "")
    with store.reading.begin() as connection:
        rows = connection.execute(
            select(a.heard, then, said, talked, func.count()).where(*ours).group_by(a.heard, then, said, talked)
        ).all()
        times = connection.execute(select(bins, func.count()).where(*ours).group_by(bins).order_by(bins)).all()
        words = connection.execute(select(a.heard, why, func.count()).where(*ours).group_by(a.heard, why)).all()
    heard, by_then = dict.fromkeys(Heard, 0), dict.fromkeys(Then, 0)
    told = {Then.AGENT: [0, 0], Then.SAMPLE: [0, 0]}
    gone = 0
    for one, became, machine_said, connected, n in rows:
        became = Then(became)
        heard[Heard(one)] += n
        by_then[became] += n
        gone += n if became is Then.SAMPLE and not connected else 0
        if connected and machine_said is not None and became in told:
            told[became][machine_said] += n
    causes: dict[str, dict[str, int]] = {}
    for one, word, n in sorted(words, key=lambda row: -row[2]):
        causes.setdefault(one, {})[word] = n
    return Detected(
        counted=Counted(
            heard_human=heard[Heard.HUMAN],
            heard_machine=heard[Heard.MACHINE],
            heard_unsure=heard[Heard.UNSURE],
            away=sum(by_then[one] for one in TAKEN_FOR_MACHINE),
            sampled=by_then[Then.SAMPLE],
            checked=sum(told[Then.SAMPLE]),
            checked_people=told[Then.SAMPLE][0],
            passed=by_then[Then.AGENT],
            spoken=sum(told[Then.AGENT]),
            spoken_machines=told[Then.AGENT][1],
        ),
        times=tuple((int(bin), n) for bin, n in times),
        causes=causes,
        gone=gone,
    )
