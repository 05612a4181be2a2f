"""How a message sounds: what VADER and the language detector would say, without asking them all."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import (
    BOOSTER_DICT,
    NEGATE,
    SPECIAL_CASES,
    SentimentIntensityAnalyzer,
)

from pipeline.landing import sentiment as sentiments
from pipeline.landing.sentiment import LANGUAGES, sentiment

VADER = SentimentIntensityAnalyzer()
VALUED = sorted(VADER.lexicon)
AROUND = [
    *NEGATE,
    *BOOSTER_DICT,
    *SPECIAL_CASES,
    *(
        "but",
        "kind of",
        "least",
        "at least",
        "never so",
        "without doubt",
        "this",
        "no",
        "or",
        "nor",
    ),
    *("the", "line", "is", "I", ":)", "??", "!!!", "\N{GRINNING FACE}", "h\u00e9", "\u0130"),
]


@st.composite
def words(draw: st.DrawFn) -> str:
    """A word with a value or one that may turn another, in small letters or capitals."""
    word: str = draw(st.sampled_from(VALUED) | st.sampled_from(AROUND))
    word = draw(st.sampled_from([word, word, word, word.upper(), word.title()]))
    return word + draw(st.sampled_from(["", "", "", "!", "?", ",", "..."]))


def by_vader(text: str) -> float:
    """VADER's score, sentence by sentence, every sentence asked of VADER itself."""
    total = 0.0
    for sentence in sentiments.SENTENCE.split(text):
        found = sentence.split()
        for start in range(0, len(found), sentiments.SENTENCE_WORDS):
            piece = " ".join(found[start : start + sentiments.SENTENCE_WORDS])
            score = max(-0.9999, min(0.9999, VADER.polarity_scores(piece)["compound"]))
            total += score * math.sqrt(15 / (1 - score * score))
    return round(total / math.sqrt(total * total + 15), 4)


@given(st.lists(words(), min_size=1, max_size=60).map(" ".join))
@example("this is the BEST, the very best, but it was kind of slow!!")
@example("no good. not so good? never this bad!!! least good")
def test_the_score_is_that_of_vader(text: str) -> None:
    """Words that nothing turns are added up without VADER's rules, to the same sum."""
    assert sentiments._score(text) == by_vader(text)


@pytest.mark.parametrize(
    "text",
    [
        "Please tell me what this bill is about, and why you would charge for it.",
        "The engineer did not come and you have not been here since.",
    ],
)
def test_plain_english_needs_no_detector(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """English words that no other language has decide alone, and as the detector would."""
    assert sentiments._detector().classify(text)[0] == "en"
    monkeypatch.delattr(sentiments, "_detector")

    assert sentiment(text)[1] == "scored"


@pytest.mark.parametrize(
    "text",
    [
        "Ich habe die Meldung the service is not available, was soll ich tun? Bitte um Hilfe.",
        "De storing is er nog, en de monteur was hier niet. Graag mijn geld terug van jullie.",
        "Min line er ikke god, og jeg har ventet lenge uten hjelp fra dere.",
    ],
)
def test_other_languages_are_the_detectors(text: str) -> None:
    """A few English words, or words that look English, make no English text."""
    assert not sentiments._is_plainly_english(text)
    assert sentiment(text)[1] in {f"language:{name}" for name in LANGUAGES}


BASES = {
    "": "none",
    "12345 :) !!": "none",
    "thanks bye": "too_short",
    "the engineer never came and nobody called": "scored",
    "Mein Internet geht seit drei Tagen nicht und niemand hilft mir": "language:de",
    "Internet ne marche plus depuis trois jours et personne ne répond": "language:fr",
    "インターネットに接続できません。助けてください。": "language:ja",
}


@pytest.mark.parametrize(("written", "basis"), BASES.items())
def test_sentiment_says_why_a_text_has_no_score(written: str, basis: str) -> None:
    """Only English of three words or more is scored; every other text names its reason."""
    score, found = sentiment(written)

    assert found == basis
    assert (score is not None) == (basis == "scored")


def test_a_complaint_scores_below_praise() -> None:
    """The score has the sign of what is said, and a salutation adds nothing to it."""
    complaint, _ = sentiment("Dear Larkspur, this is a terrible service and I am very angry.")
    bare, _ = sentiment("this is a terrible service and I am very angry.")
    praise, _ = sentiment("This is a great service and I am very happy.")

    assert complaint is not None
    assert praise is not None
    assert complaint == bare
    assert complaint < -0.5 < 0.5 < praise
