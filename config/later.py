"""Settings of calls that are served later: callbacks instead of waiting, voicemail and the rounds its messages go out in."""

from typing import Annotated, Literal

from pydantic import Field

from config.fields import Line, ScopeName, Seconds, Section, Share, SoundName

Key = Annotated[str, Field(pattern=r"^[0-9*#]?$")]


class CallbackSettings(Section):
    """A table ``[queue.NAME.callback]``: callers may have themselves called back and keep their place."""

    campaign: ScopeName = Field(
        "",
        description="Campaign (mode manual, running) with whose trunks, caller id, calling hours, do-not-call list and frequency rules they are called back; empty: no callbacks.",
    )
    key: Key = Field(
        "1", description="Key a waiting caller presses to be called back; empty: it is only offered by overflow."
    )
    share: Share = Field(
        0.1,
        description="While callers wait on the line, at most this share of the calls handed out are callbacks; when nobody waits all of them may be. Dialling costs agents time: a share as large as that of callers who ask for it makes the others wait longer in a full house.",
    )
    times: Annotated[int, Field(ge=1, le=50)] = Field(
        3, description="How often a callback is dialled in all until somebody answers."
    )
    after_s: Annotated[float, Field(ge=10, le=86_400)] = Field(
        900.0, description="Seconds between one call in vain and the next."
    )
    keep_h: Annotated[float, Field(gt=0, le=720)] = Field(
        24.0, description="A callback that could not be made within so many hours is closed with a note."
    )
    waive_frequency: bool = Field(
        False,
        description="Call back although the campaign's frequency rules would not let the customer be called, since he asked for it; the call counts all the same, and the do-not-call list and calling hours always hold.",
    )


class VoicemailSettings(Section):
    """A table ``[queue.NAME.voicemail]``: what a caller hears who may leave a message, and who calls him back."""

    campaign: ScopeName = Field(
        "",
        description="Campaign (mode manual, running) through which messages are answered, as for callbacks; empty: they can be heard, not called back.",
    )
    waive_frequency: bool = Field(
        False,
        description="Call back about a message although the campaign's frequency rules would not let the customer be called; the call counts all the same.",
    )
    greeting: SoundName = Field("vm-intro", description="Sound played before the beep, as Asterisk knows it.")
    longest_s: Annotated[float, Field(ge=5, le=1800)] = Field(120.0, description="Longest message, in seconds.")
    silence_s: Annotated[float, Field(ge=1, le=60)] = Field(
        5.0, description="So many seconds of silence end the message."
    )
    key: Literal["#", "*", "any"] = Field("#", description="Key that ends the message: #, * or any.")


class RoundsSettings(Section):
    """The table ``[voicemail]``: in which rounds messages go out to whom (TKT-4)."""

    branches: list[Line] = Field(
        default_factory=list,
        description="Groups of agents (their `group`) in the order in which they take part; empty: all there are, by name.",
    )
    rounds: Annotated[int, Field(ge=1, le=50)] = Field(6, description="Rounds each time.")
    per_round: Annotated[int, Field(ge=1, le=100)] = Field(4, description="Branches in a round.")
    every_s: Annotated[float, Field(ge=10, le=7200)] = Field(600.0, description="Seconds from one round to the next.")
    times: Annotated[int, Field(ge=1, le=24)] = Field(3, description="How often a day the rounds are gone through.")
    begin: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = Field(
        "10:00", description="When the first round of the day begins, HH:MM in the site's time zone."
    )
    apart_s: Annotated[float, Field(ge=60, le=86_400)] = Field(
        7200.0, description="Seconds from the beginning of one time to that of the next."
    )
    each: Annotated[int, Field(ge=1, le=100)] = Field(1, description="Messages a branch is handed in a round.")
    return_after_s: Seconds = Field(
        3600.0, description="A message nobody has called back about after so many seconds goes into the next round."
    )
    results: list[Line] = Field(
        default_factory=lambda: ["solved", "no_answer", "wrong_number", "ticket", "no_reply_needed"],
        description="What agents may note as the result of a message.",
    )
