"""Scenes that begin most tests: an agent in his seat, a customer parked, the two together."""

from telephony.commands import ConnectToSeat
from telephony.events import BridgeEntered, LegParked
from telephony.ids import AgentId, CallId, LegId
from tests.contracts.asterisk_stage import AsteriskStage
from tests.contracts.stage import Fate, Phone


async def seated(stage: AsteriskStage) -> tuple[AgentId, LegId]:
    agent, endpoint = stage.phone(Phone.ANSWERS)
    leg = stage.seat(agent, endpoint)
    await stage.sees(BridgeEntered, leg=leg)
    return agent, leg


async def parked(stage: AsteriskStage, fate: Fate = Fate.ANSWERS, talk_s: float = 0.0) -> CallId:
    call = stage.dial(fate, talk_s=talk_s)
    await stage.sees(LegParked, leg=call)
    return call


async def talking(stage: AsteriskStage, fate: Fate = Fate.ANSWERS_TALKING) -> tuple[AgentId, LegId, CallId]:
    agent, leg = await seated(stage)
    call = await parked(stage, fate)
    stage.exchange.perform(ConnectToSeat(server=stage.server, call=call, agent=agent))
    await stage.sees(BridgeEntered, leg=call)
    return agent, leg, call
