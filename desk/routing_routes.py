"""The routes about routing."""

from config.rights import Right
from desk import routing_ports as r
from desk.bodies import Granted
from desk.route import Route

ROUTING_ROUTES: tuple[Route, ...] = (
    Route(
        method="GET",
        path="/calls/{id}/why",
        name="why_agent",
        about="Why this agent: every offer of a call with its reason, from the journal.",
        right=Right.FLOOR_SEE,
        gives=tuple[r.OfferRow, ...],
        refuses=(404,),
    ),
    Route(
        method="GET",
        path="/certificates",
        name="certificates",
        about="Who is certified for which skill, until when, and who said so.",
        right=Right.FLOOR_SEE,
        gives=tuple[r.CertificateRow, ...],
    ),
    Route(
        method="POST",
        path="/agents/{id}/certify",
        name="certify",
        about="Grant the agent a skill's certificate: from then on calls that ask for it may be his.",
        right=Right.AGENT_CERTIFY,
        takes=r.Certify,
        gives=Granted,
        refuses=(404, 409),
    ),
    Route(
        method="POST",
        path="/agents/{id}/decertify",
        name="decertify",
        about="Take a certificate back: no further call of that skill is his.",
        right=Right.AGENT_CERTIFY,
        takes=r.Decertify,
        gives=Granted,
        refuses=(404, 409),
    ),
)
