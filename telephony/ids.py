"""Identifiers, and the one convention that ties a PBX leg to what we asked for.

A customer leg is created under the id of its call (``ChannelId``), an agent's seat leg under an id that names the
agent, so any event of any PBX can be attributed without a lookup table.
"""

from typing import NewType

ServerId = NewType("ServerId", str)
TrunkId = NewType("TrunkId", str)
CampaignId = NewType("CampaignId", str)
"""A campaign, or the queue of a caller who came to us: no queue has the name of a campaign."""
AgentId = NewType("AgentId", str)
LeadId = NewType("LeadId", int)
CustomerId = NewType("CustomerId", str)
LegId = NewType("LegId", str)
CallId = NewType("CallId", str)
BridgeId = NewType("BridgeId", str)
ActionId = NewType("ActionId", str)

CALL_PREFIX = "c-"
SEAT_PREFIX = "s-"
OUTSIDE_PREFIX = "x-"
EAR_PREFIX = "v-"


def call_leg(call: CallId) -> LegId:
    """The customer's leg of a call: the same text, so that the PBX's Uniqueid is the call id."""
    return LegId(call)


def is_call(leg: str) -> bool:
    return leg.startswith(CALL_PREFIX)


def outside_leg(call: CallId, serial: str) -> LegId:
    """A fresh leg id for a party outside whom an agent calls for this call."""
    return LegId(f"{OUTSIDE_PREFIX}{serial}-{call}")


def call_of_outside(leg: str) -> CallId | None:
    """The call for which this leg outside was called, or None when it is no such leg."""
    if not leg.startswith(OUTSIDE_PREFIX):
        return None
    _serial, dash, call = leg[len(OUTSIDE_PREFIX) :].partition("-")
    return CallId(call) if dash else None


def seat_leg(agent: AgentId, serial: str) -> LegId:
    """A fresh leg id for the agent's nailed-up phone, e.g. ``s-1001-k3f``."""
    return LegId(f"{SEAT_PREFIX}{agent}-{serial}")


def rung_seat_leg(agent: AgentId, serial: str) -> LegId:
    """A fresh leg id for a phone that rings for each call and is called into its seat for one."""
    return seat_leg(agent, f"_{serial}")


def is_rung_seat(leg: str) -> bool:
    """Whether the leg is such a phone's, which ends the call when it is put down."""
    return leg.startswith(SEAT_PREFIX) and leg.rpartition("-")[2].startswith("_")


def agent_of_seat(leg: str) -> AgentId | None:
    """The agent whose seat this leg is, or None when it is no seat leg."""
    if not leg.startswith(SEAT_PREFIX):
        return None
    agent, dash, _serial = leg[len(SEAT_PREFIX) :].rpartition("-")
    return AgentId(agent) if dash else None


def ear_leg(serial: str) -> LegId:
    """A fresh leg id for a supervisor's phone that is called into a call; it names nobody."""
    return LegId(f"{EAR_PREFIX}{serial}")


def is_ear(leg: str) -> bool:
    return leg.startswith(EAR_PREFIX)
