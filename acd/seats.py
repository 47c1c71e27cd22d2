"""Nailed-up phones: calling an agent's phone into its seat, noticing when it is gone, calling it again."""

from acd.agents import NOT_THERE, Agent
from telephony.agents import SeatMode
from telephony.commands import CancelTimer, Command, HangUp, SeatAgent, SetTimer
from telephony.events import LegSeen
from telephony.facts import Fact, SeatLeft, SeatTaken
from telephony.ids import LegId, seat_leg

RETRY_S = (2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds before a lost phone is called again; the last repeats while the agent is signed in."""

Out = list[Fact | Command]


def take(agent: Agent, serial: str, ring_s: float, auto_answer: bool) -> Out:
    """Call the phone into its seat; nothing for phones that ring for each call or already have one."""
    if agent.mode is not SeatMode.NAILED_UP or agent.seat is not None:
        return []
    agent.seat = seat_leg(agent.id, serial)
    return [
        SeatAgent(
            server=agent.server,
            agent=agent.id,
            leg=agent.seat,
            endpoint=agent.settings.endpoint,
            ring_s=ring_s,
            auto_answer=auto_answer,
        )
    ]


def stands(agent: Agent, leg: LegId) -> Out:
    """The phone is in its seat."""
    if agent.seat != leg or agent.seated:
        return []
    agent.seated = True
    agent.device = "" if agent.device in NOT_THERE else agent.device
    agent.seat_tries = 0
    return [SeatTaken(agent=agent.id, leg=leg, server=agent.server)]


def gone(agent: Agent, why: str, now: float, *, signed_in: bool) -> Out:
    """The seat's leg is gone; while the agent is signed in his phone is called again, less and less often."""
    if agent.seat is None:
        return []
    out: Out = [SeatLeft(agent=agent.id, leg=agent.seat, why=why)]
    agent.seat, agent.seated = None, False
    if signed_in:
        wait = RETRY_S[min(agent.seat_tries, len(RETRY_S) - 1)]
        agent.seat_tries += 1
        out.append(SetTimer(key=("seat", agent.id), at=now + wait))
    return out


def leave(agent: Agent) -> Out:
    """The agent signs out: his phone is let go."""
    out: Out = [CancelTimer(key=("seat", agent.id))]
    if agent.seat is not None:
        out += [
            SeatLeft(agent=agent.id, leg=agent.seat, why="signed out"),
            HangUp(server=agent.server, leg=agent.seat),
        ]
        agent.seat, agent.seated = None, False
    return out


def compare(agent: Agent, row: LegSeen | None) -> bool:
    """Whether a snapshot shows the agent's seat standing."""
    return row is not None and row.up
