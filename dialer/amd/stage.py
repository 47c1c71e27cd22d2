"""The stage as a campaign has it set: what the PBX is asked to do, and when it has had its time."""

from config.model import CampaignSettings
from telephony.commands import Listen

LISTENING = "amd"
"""The timer of a call that is being listened to."""
GRACE_S = 0.3
"""How long after its longest time a detector that keeps silent is taken to be stuck."""


def listen(settings: CampaignSettings) -> Listen | None:
    """What is asked of the PBX for each call of the campaign; None when nobody listens."""
    amd, most_s = settings.amd, settings.listen_s
    match amd.stage:
        case "none":
            return None
        case "dialplan":
            return Listen(most_s=most_s, context=amd.context)
        case "asterisk":
            arguments = (
                *(amd.initial_silence_ms, amd.greeting_ms, amd.after_greeting_silence_ms, round(1000 * most_s)),
                *(amd.min_word_ms, amd.between_words_ms, amd.words, amd.silence_threshold, amd.max_word_ms),
            )
            return Listen(most_s=most_s, arguments=arguments)


def deadline_s(settings: CampaignSettings) -> float:
    """Seconds after the answer at which a call is taken from a detector that has not spoken."""
    return min(settings.listen_s + GRACE_S, settings.pacing.patience_s)
