"""The catalogue of texts, read from the one file the pages use too, and the choice between its two languages."""

import json
from functools import cache
from pathlib import Path
from typing import Literal

Language = Literal["zh", "en"]
STATIC = Path(__file__).parent / "static"
CATALOGUE = STATIC / "words.js"


@cache
def catalogue() -> dict[str, tuple[str, str]]:
    """Every text by its key: Chinese, English. The file is JSON between ``export const WORDS =`` and its last brace."""
    text = CATALOGUE.read_text(encoding="utf-8")
    body = text[text.index("{") : text.rindex("}") + 1]
    return {key: (zh, en) for key, (zh, en) in json.loads(body).items()}


def language(accept: str) -> Language:
    """The language of an Accept-Language header: the better weighted of zh and en, Chinese when it names neither."""
    weights = {"zh": 0.0, "en": 0.0}
    for part in accept[:500].split(","):
        tag, _, weight = part.strip().partition(";")
        try:
            q = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        short = tag.split("-")[0].strip().lower()
        if short in weights:
            weights[short] = max(weights[short], q)
    return "en" if weights["en"] > weights["zh"] else "zh"


_NAMES = {"state": ("state", "campaign_state"), "verb": ("ask",), "action": ("ask",)}


def _value(name: str, value: str, lang: Language) -> str:
    """A word that fills a text in, itself translated where it is a state or a verb of the trade."""
    for prefix in _NAMES.get(name, ()):
        for known in (value, value.replace("_", "-")):
            texts = catalogue().get(f"{prefix}.{known}")
            if texts is not None:
                return texts[1].lower() if lang == "en" else texts[0]
    return value


def say(key: str, lang: Language, words: dict[str, str] | None = None) -> str:
    """The text of `key` filled in; a key nobody translated shows itself and its words, so nothing is hidden."""
    texts = catalogue().get(key) or catalogue().get(key.partition(".")[2])
    words = {name: _value(name, value, lang) for name, value in (words or {}).items()}
    if texts is None:
        return key.partition(".")[2] + "".join(f" {name}={value}" for name, value in words.items())
    text = texts[1] if lang == "en" else texts[0]
    for name, value in words.items():
        text = text.replace("{" + name + "}", value)
    return text
