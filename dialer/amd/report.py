"""The report of a campaign's detection: what was heard, how long it took, how often it erred, what that does to the
abandonment figure."""

from collections.abc import Mapping, Sequence

import msgspec

from dialer.amd.errors import Counted, Errors, estimate


class AmdReport(msgspec.Struct, frozen=True, kw_only=True):
    """One campaign from `since` until `until` (epoch seconds). Times are seconds from the answer to the verdict, None
    without any; `sample_gone` of the sampled had hung up before the agent came."""

    campaign: str
    stage: str
    sample: float
    disposition: str
    since: float
    until: float
    counted: Counted
    errors: Errors
    p50_s: float | None
    p95_s: float | None
    longest_s: float | None
    sample_gone: int
    causes: dict[str, dict[str, int]]


def quantile(times: Sequence[tuple[int, int]], share: float, bin_s: float) -> float | None:
    """The time within which that share of the verdicts fell, from counts by bins in their order; None of none."""
    total = sum(n for _, n in times)
    seen = 0
    for bin, n in times:
        seen += n
        if seen >= share * total:
            return round(bin * bin_s, 3)
    return None


def report(
    counted: Counted,
    times: Sequence[tuple[int, int]],
    causes: Mapping[str, Mapping[str, int]],
    *,
    campaign: str,
    stage: str,
    sample: float,
    disposition: str,
    since: float,
    until: float,
    gone: int,
    bin_s: float,
) -> AmdReport:
    """The counts put together."""
    return AmdReport(
        campaign=campaign,
        stage=stage,
        sample=sample,
        disposition=disposition,
        since=since,
        until=until,
        counted=counted,
        errors=estimate(counted),
        p50_s=quantile(times, 0.5, bin_s),
        p95_s=quantile(times, 0.95, bin_s),
        longest_s=quantile(times, 1.0, bin_s),
        sample_gone=gone,
        causes={heard: dict(words) for heard, words in causes.items()},
    )
