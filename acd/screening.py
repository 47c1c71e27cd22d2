"""What becomes of an answered call once a detector has said who it heard: by the campaign's settings, and by the share
of calls taken for machines that an agent gets all the same."""

from zlib import crc32

from config.model import AmdSettings
from telephony.detection import TAKEN_FOR_MACHINE, Heard, Then
from telephony.ids import CallId


def what_becomes(heard: Heard, amd: AmdSettings | None, call: CallId, *, agent_free: bool) -> Then:
    """What becomes of the call; only an agent who is free at this instant is given one as a sample.

    `amd` is None when the campaign is gone."""
    if heard is Heard.HUMAN:
        return Then.AGENT
    if amd is None:
        return Then.HANG_UP if heard is Heard.MACHINE else Then.AGENT
    then = Then(amd.machine if heard is Heard.MACHINE else amd.unsure)
    if then in TAKEN_FOR_MACHINE and agent_free and drawn(call, amd.sample):
        return Then.SAMPLE
    return then


def drawn(call: CallId, share: float) -> bool:
    """Whether the call is of the sample: decided by its id alone, so that it is the same whenever it is asked."""
    return crc32(b"amd" + call.encode()) < share * 2**32
