"""Settings of the ACD as a whole: the queue log for other makers' report tools."""

from typing import Annotated

from pydantic import Field

from config.fields import Place, Section


class AcdSettings(Section):
    """The table ``[acd]``."""

    queue_log: Place | None = Field(
        None,
        description="File in the format of Asterisk's queue_log, for report tools that read it; none is written when not given.",
    )
    queue_log_mb: Annotated[float, Field(ge=0.01, le=10_000)] = Field(
        50.0,
        description="A new file is begun at this size in megabytes, and each day; the old one gets the day's name.",
    )
    queue_log_kept: Annotated[int, Field(ge=1, le=3660)] = Field(60, description="How many old files are kept.")
