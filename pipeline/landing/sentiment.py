"""How a message sounds: its language, and VADER's score of English.

Both libraries are asked only where their answer is not already plain: the detector not about a
text full of English words that no other language has, VADER's rules not about a word that nothing
beside it turns. What comes out is what they would say.
"""

import math
import re
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from string import punctuation
from typing import Any, NamedTuple

# The score has long settled by then.
SCORED_LENGTH = 2_000
# VADER's work grows with the square of the words, so it is given sentences, a few words at a time.
SENTENCE = re.compile(r"(?<=[.!?])\s+|\n{2,}")
SENTENCE_WORDS = 40
DETECTED_LENGTH = 250
# The detector knows 97 languages, and takes "hi there" for Afrikaans. Among those that customers
# of one company plausibly write, 95 % of four-word English messages are recognised, not 87 %.
LANGUAGES = [
    *("ar", "cs", "da", "de", "el", "en", "es", "fi", "fr", "he", "hi", "hu", "id", "it"),
    *("ja", "ko", "nl", "no", "pl", "pt", "ro", "ru", "sv", "th", "tr", "uk", "vi", "zh"),
]
# Common in English, and words of no other of these languages.
ENGLISH = frozenset(
    (
        *("the", "and", "you", "your", "with", "have", "this", "that", "these", "those", "what"),
        *("which", "when", "where", "would", "could", "should", "they", "their", "there", "been"),
        *("were", "because", "about", "from", "through", "being", "our", "its", "it's", "i'm"),
        *("i've", "don't", "didn't", "can't", "isn't", "please", "thanks", "thank", "how", "why"),
        *("who", "only", "very", "much", "other", "after", "before", "again", "not", "does", "did"),
        *("will", "can", "are", "just", "if", "or", "now", "out", "need", "want", "here", "every"),
    )
)
# How many different ones, and which share of the words, leave no doubt.
ENGLISH_COUNT = 3
ENGLISH_SHARE = 0.2

WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
SALUTATION = re.compile(r"\s*dear\b[^\n,:]{0,60}[,:]?", re.IGNORECASE)
# Before a word they turn its value, beside VADER's negations and boosters.
TURNING = ("no", "so", "this", "without", "doubt", "never", "least", "enough", "sort")
# "but" weighs what is before and after it, and each of VADER's sayings ("kiss of death", "kind of")
# has one of the others.
WEIGHING = frozenset(
    ("but", "kind", "shit", "bomb", "ass", "stop", "right", "death", "die", "heart")
)
# VADER's scale, and what marks of exclamation and question add.
ALPHA = 15
EXCLAMATION, MOST_EXCLAMATIONS = 0.292, 4
QUESTION, MANY_QUESTIONS = 0.18, 0.96


@cache
def _detector() -> Any:
    """The language detector; loading its model takes most of a second, once."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - slow to load

    detector = LanguageIdentifier.from_model_file(MODEL_FILE)
    detector.set_languages(LANGUAGES)
    return detector


class Vader(NamedTuple):
    """VADER and its words.

    Attributes:
        valued: Words and their values; those that only weigh others have none.
        turning: Words that may turn the value of one of the next three.
    """

    analyser: Any
    valued: Mapping[str, float]
    turning: frozenset[str]
    emojis: frozenset[str]


@cache
def _vader() -> Vader:
    """VADER with its lexicon."""
    from vaderSentiment.vaderSentiment import (  # noqa: PLC0415 - slow to load
        BOOSTER_DICT,
        NEGATE,
        SentimentIntensityAnalyzer,
    )

    analyser = SentimentIntensityAnalyzer()
    valued = {word: value for word, value in analyser.lexicon.items() if word not in BOOSTER_DICT}
    turning = frozenset({*NEGATE, *BOOSTER_DICT, *TURNING})
    return Vader(analyser, valued, turning, frozenset(analyser.emojis))


class Word(NamedTuple):
    """What VADER knows of a word.

    Attributes:
        bare: Without the punctuation around it; whole where nothing else is left: an emoticon.
        value: None when it has none of its own.
        is_turned: Its value depends on the next word, or on the capitals of others.
        is_turning: It may turn the value of one of the next three.
        is_weighing: It may change what the whole piece says.
    """

    bare: str
    value: float | None
    is_turned: bool
    is_turning: bool
    is_weighing: bool


class Piece(NamedTuple):
    """A few words, named as VADER's rules ask for them."""

    words_and_emoticons: Sequence[str]
    is_cap_diff: bool


@lru_cache(maxsize=50_000)
def _word(written: str) -> Word:
    """What VADER knows of a word with its punctuation."""
    vader = _vader()
    bare = written.strip(punctuation)
    bare = written if len(bare) <= 2 else bare
    lower = bare.lower()
    return Word(
        bare,
        vader.valued.get(lower),
        lower == "no" or bare.isupper(),
        lower in vader.turning or "n't" in lower,
        lower in WEIGHING,
    )


def sentiment(text: str) -> tuple[float | None, str]:
    """The score of an English text by VADER (-1 to 1), and its basis.

    Basis is `scored`; `none` for no letter at all; `too_short` under three words, where the
    language cannot be told; `language:xx` for a language VADER has no words of.

    Source: Hutto and Gilbert, VADER, ICWSM 2014; compound score.
    """
    text = text[:SCORED_LENGTH]
    words = [word for word in WORD.findall(text[:DETECTED_LENGTH]) if len(word) < 40]
    if not words:
        return None, "none"
    letters = " ".join(words)
    # Scripts without spaces write a sentence as one word.
    if len(words) < 3 and (letters.isascii() or len(letters) < 6):
        return None, "too_short"
    if not _is_plainly_english(letters):
        language = _detector().classify(letters)[0]
        if language != "en":
            return None, f"language:{language}"
    # "Dear" opens a complaint too, and VADER takes it for praise.
    return _score(SALUTATION.sub("", text, count=1)), "scored"


def _is_plainly_english(letters: str) -> bool:
    """Whether so many of the words are English ones that no detector is needed."""
    words = letters.lower().split()
    found = [word for word in words if word in ENGLISH]
    return len(found) >= ENGLISH_SHARE * len(words) and len(set(found)) >= ENGLISH_COUNT


def _score(text: str) -> float:
    """VADER's score of a text: the sum over its sentences, on VADER's own scale.

    VADER maps a sum of word values v to v / sqrt(v^2 + 15). Undone for each sentence, the sums
    add up to that of the whole text, as VADER itself would have it.
    """
    total = 0.0
    for sentence in SENTENCE.split(text):
        for value in _values(sentence):
            total += value
    return round(total / math.sqrt(total * total + ALPHA), 4)


# People and programs say many things in the same words.
@lru_cache(maxsize=10_000)
def _values(sentence: str) -> tuple[float, ...]:
    """What each few words of a sentence add to the text's sum."""
    words, values = sentence.split(), []
    for start in range(0, len(words), SENTENCE_WORDS):
        score = _compound(words[start : start + SENTENCE_WORDS])
        # The score is rounded to four places; at 1 it could not be undone.
        score = max(-0.9999, min(0.9999, score))
        values.append(score * math.sqrt(ALPHA / (1 - score * score)))
    return tuple(values)


def _compound(written: Sequence[str]) -> float:
    """VADER's score of a few words."""
    vader = _vader()
    piece = " ".join(written)
    words = list(map(_word, written))
    # An emoji stands for words.
    has_emoji = not (piece.isascii() or vader.emojis.isdisjoint(piece))
    if has_emoji or True in [word.is_weighing for word in words]:
        return float(vader.analyser.polarity_scores(piece)["compound"])
    turning = [word.is_turning for word in words]
    known: Piece | None = None
    values: list[float] = []
    for place, word in enumerate(words):
        if word.value is None:
            continue
        if word.is_turned or True in turning[max(0, place - 3) : place]:
            known = known or _piece(words)
            vader.analyser.sentiment_valence(0, known, word.bare, place, values)
        else:
            values.append(word.value)
    return _normalised(float(sum(values)), piece)


def _piece(words: Sequence[Word]) -> Piece:
    """Words as VADER's rules take them."""
    bare = [word.bare for word in words]
    return Piece(bare, 0 < sum(map(str.isupper, bare)) < len(bare))


def _normalised(total: float, piece: str) -> float:
    """VADER's score of words with a sum of values; 0 stays 0 whatever is exclaimed."""
    if not total:
        return 0.0
    questions = piece.count("?")
    added = min(piece.count("!"), MOST_EXCLAMATIONS) * EXCLAMATION
    if questions > 1:
        added += questions * QUESTION if questions <= 3 else MANY_QUESTIONS
    total += added if total > 0 else -added
    return round(total / math.sqrt(total * total + ALPHA), 4)
