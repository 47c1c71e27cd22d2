"""The last hour of each campaign by the minute: utilisation, live answers, abandoned, calls placed."""

from collections import deque

import msgspec

from telephony.agents import AgentState
from telephony.views import CampaignView, FloorView

MINUTE_S = 60.0
MINUTES = 60
_BUSY = {AgentState.RINGING, AgentState.TALKING, AgentState.HOLD, AgentState.CONSULTING, AgentState.WRAP_UP}
_AWAY = {AgentState.LOGGED_OUT, AgentState.AUX}


class Minute(msgspec.Struct, frozen=True, kw_only=True):
    """A minute that ended at `at`; `utilisation` a share of the agents there, None when nobody was."""

    at: float
    utilisation: float | None
    live: int
    abandoned: int
    placed: int


class _Course:
    """One campaign's minutes and the one that is running."""

    def __init__(self, now: CampaignView) -> None:
        self.minutes: deque[Minute] = deque(maxlen=MINUTES)
        self._before = now
        self._busy = self._there = 0

    def look(self, busy: int, there: int) -> None:
        self._busy += busy
        self._there += there

    def close(self, now: CampaignView, at: float) -> None:
        was, self._before = self._before, now
        if now.placed < was.placed:
            was = msgspec.structs.replace(was, connected=0, abandoned=0, placed=0)
        self.minutes.append(
            Minute(
                at=at,
                utilisation=self._busy / self._there if self._there else None,
                live=max(0, now.connected + now.abandoned - was.connected - was.abandoned),
                abandoned=max(0, now.abandoned - was.abandoned),
                placed=now.placed - was.placed,
            )
        )
        self._busy = self._there = 0


class Hours:
    """Looks at the floor again and again, and closes a minute when it is over."""

    def __init__(self) -> None:
        self._courses: dict[str, _Course] = {}
        self._until: float | None = None

    def look(self, view: FloorView, now: float) -> bool:
        """Count the agents as they are; true when a minute was closed."""
        over = self._until is not None and now >= self._until
        if self._until is None or over:
            self._until = (now // MINUTE_S + 1.0) * MINUTE_S
        self._courses = {one.id: self._courses.get(one.id) or _Course(one) for one in view.campaigns}
        for campaign in view.campaigns:
            course = self._courses[campaign.id]
            here = [a.state for a in view.agents if campaign.id in a.campaigns and a.state not in _AWAY]
            course.look(sum(state in _BUSY for state in here), len(here))
            if over:
                course.close(campaign, now)
        return over

    def frame(self) -> bytes:
        """All minutes of all campaigns, for a page."""
        return msgspec.json.encode(
            {"type": "hours", "campaigns": {name: list(course.minutes) for name, course in self._courses.items()}}
        )
