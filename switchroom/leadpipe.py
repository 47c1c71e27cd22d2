"""Leads on the pipe between the two processes of a virtual shift, whose people are made up; whole numbers are among them."""

from typing import Any

import msgspec

from telephony.leads import LeadsFetched
from telephony.numbers import PhoneNumber


def _plain(value: Any) -> str:
    if type(value) is PhoneNumber:
        return value.for_store()
    raise NotImplementedError(f"{type(value).__name__} does not go down the pipe")


def _number(kind: type, value: Any) -> PhoneNumber:
    return PhoneNumber(value)


encoded = msgspec.msgpack.Encoder(enc_hook=_plain).encode
"""Leads read, as bytes."""
decoded = msgspec.msgpack.Decoder(LeadsFetched, dec_hook=_number).decode
"""Bytes, as the leads they are."""
