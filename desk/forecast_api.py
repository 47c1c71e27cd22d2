"""The handler of a campaign's forecast."""

import msgspec
from aiohttp import web

from desk.asked import asked
from desk.faults import Refusal
from desk.forecast_ports import Forecaster, ForecastRefused
from desk.route import Route
from telephony.ports import Floor

TARGETS = (0.0, 0.01, 0.02, 0.028, 0.03, 0.05)
MOST_TARGETS = 8


class ForecastApi:
    """One method for the `name` of the route table."""

    def __init__(self, floor: Floor, forecaster: Forecaster) -> None:
        self._floor = floor
        self._forecaster = forecaster

    async def campaign_forecast(self, request: web.Request, route: Route) -> web.Response:
        said = asked(request, route)
        name = request.match_info["id"]
        campaign = next((one for one in self._floor.view().campaigns if one.id == name), None)
        if campaign is None:
            raise Refusal(404, "unknown_campaign")
        targets = _targets(request.query.get("targets", ""))
        agents = int(said["agents"]) if "agents" in said else None
        try:
            found = await self._forecaster.forecast(campaign, targets, agents)
        except ForecastRefused as refused:
            raise Refusal(409, refused.code, refused.words) from None
        return web.Response(body=msgspec.json.encode(found), content_type="application/json", charset="utf-8")


def _targets(text: str) -> tuple[float, ...]:
    """Shares such as ``0.01,0.02``; the usual ones when empty."""
    if not text:
        return TARGETS
    try:
        found = sorted({round(float(part), 6) for part in text.split(",")})
    except ValueError:
        raise Refusal(422, "wrong_field", {"where": "targets"}) from None
    if len(found) > MOST_TARGETS or not all(0.0 <= one <= 0.2 for one in found):
        raise Refusal(422, "wrong_field", {"where": "targets"})
    return tuple(found)
