"""What a carrier knows of one call, from the customer's end of the line and nothing else."""

import msgspec

PBX, CUSTOMER = "pbx", "customer"
"""Who hangs up."""


class Note(msgspec.Struct, kw_only=True):
    """Instants in epoch seconds, None for what never came; `agent_at`, `message_at` and `music_at` are when the customer
    first heard each. `ended_by` is who hung up first, or the status the carrier refused with."""

    number: str
    invited_at: float
    machine: bool
    answered_at: float | None = None
    agent_at: float | None = None
    message_at: float | None = None
    music_at: float | None = None
    ended_at: float | None = None
    ended_by: str = ""
