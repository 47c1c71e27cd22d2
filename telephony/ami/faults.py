"""What can go wrong between us and a PBX's manager interface; no text here ever carries a header's value."""


class AmiFault(Exception):
    """Root of this package; ``why`` is what an event or a log line may say."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class UnsafeValue(AmiFault):
    """A header that would not stay one header on the wire (line break, NUL, bad name, bad text)."""

    def __init__(self, header: str) -> None:
        super().__init__(f"unsafe value in {header}")
        self.header = header


class LineTooLong(AmiFault):
    """A header line over what Asterisk takes."""

    def __init__(self, header: str) -> None:
        super().__init__(f"line too long in {header}")
        self.header = header


class LinkDown(AmiFault):
    """There is no link, so nothing was sent."""


class OutgoingFull(AmiFault):
    """The PBX reads too slowly and the outgoing queue is full, so nothing was sent."""


class AlreadyAsked(AmiFault):
    """The same action is still waiting for its reply; it was not sent again."""


class NeverSent(AmiFault):
    """The action was still waiting here when the link went or its time ran out: it certainly never left."""


class NoReply(AmiFault):
    """The action left, and the link went or its time ran out before a reply: it may or may not have been done."""


class ActionRefused(AmiFault):
    """The PBX answered with an error."""


class TooManyRows(AmiFault):
    """A list was longer than we take."""


class LoginRefused(AmiFault):
    """The PBX does not know this user and password."""
