"""One called party at the carrier: what he does by his fate, and what he notes of the call, from his own end of the wire."""

from benchmarks.carrier_note import Note
from simulator.legs import Ending, Fate
from tests.asterisk.rig.hearing import Sound
from tests.asterisk.rig.sipwords import Request

FINAL: dict[Ending, str] = {
    Ending.BUSY: "486 Busy Here",
    Ending.CONGESTED: "503 Service Unavailable",
    Ending.NOT_ASSIGNED: "404 Not Found",
    Ending.UNAVAILABLE: "480 Temporarily Unavailable",
    Ending.DECLINES: "603 Decline",
    Ending.EARLY_MEDIA_THEN_BUSY: "486 Busy Here",
}
"""How the carrier refuses, by what the party does; who answers or rings out is not in it."""


class Party:
    """A dialled number that rings, answers, listens and speaks."""

    def __init__(self, invite: Request, fate: Fate, tag: str, now: float) -> None:
        self.invite, self.fate, self.tag = invite, fate, tag
        self.note = Note(number=invite.number, invited_at=now, machine=fate.amd == "MACHINE")
        self.acknowledged = False
        self.said: bytes = b""
        """The last response, for an INVITE that comes again."""
        self.turn = 0
        """Grows with every step of the call, so that what was planned before is dropped."""
        self.frames = 0
        """Frames spoken so far."""
        self.unheard = 0

    @property
    def up(self) -> bool:
        return self.note.answered_at is not None and self.note.ended_at is None

    @property
    def over(self) -> bool:
        return self.note.ended_at is not None

    def hears(self, sound: Sound, now: float) -> bool:
        """Note the first of each sound; True when it is the agent's first word."""
        note = self.note
        if sound is Sound.AGENT and note.agent_at is None:
            note.agent_at = now
            return True
        if sound is Sound.MESSAGE and note.message_at is None:
            note.message_at = now
        if sound is Sound.MUSIC and note.music_at is None:
            note.music_at = now
        return False
