"""Pain points in the customers' words: what is said at low points and not elsewhere.

Rule: one customer has one voice: a word or a phrase of two neighbouring words counts once for each
customer, touchpoint and mood, however often it was written. At each touchpoint the words of low
messages are compared with those of all other messages of the same language, by log odds with an
informative Dirichlet prior, which holds the words of all messages: rare words must come often to
stand out. All words of a night share one false discovery rate. Words that stand out and are mostly
written in the same messages are one theme, named by up to three of them; the quote beside it was
redacted at landing, as all texts are. A theme of fewer than five customers is never told. Names
are no themes: neither the writer's own, which stand in no quote either, nor words that are mostly
written with a capital inside sentences (German is left out: it writes all nouns so).
Source: Monroe, Colaresi and Quinn, Fightin' Words (Political Analysis 16, 2008), equations 16, 20
and 22. The prior's weight, a tenth of all words and 500 at most, and the limits are our choice.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

import duckdb
import numpy as np
import polars as pl

from pipeline.measures.quotes import WORD, without_names, words_of
from pipeline.measures.stop_words import GREETINGS, NEGATIONS, STOP_WORDS, UNSPACED
from pipeline.proportions import SURE, Z95, false_discovery, two_sided, wilson
from pipeline.resources import sql_folder

PRIOR_SHARE, MOST_PRIOR = 0.1, 500.0
LEAST_CUSTOMERS = 5  # behind a theme
LEAST_OTHERS = 30  # customers elsewhere, to compare with
ALIKE = 0.5  # of two words' messages, those that have both, to be one theme
MOST_THEMES = 5  # of one touchpoint and language
MOST_TERMS = 3  # in a theme's name
MOST_MESSAGES = 100_000
READABLE = (20, 300)  # letters of a quote, if there is one
PLACEHOLDER = re.compile(r"\[\w+\]")
TOKEN = re.compile(rf"{WORD.pattern}|[.,;:!?()\n]")
BEGINNING = frozenset(".!?:\n")
NAMED = 0.8  # of a word's uses inside sentences, with a capital, to be a name
THEMES = pl.Schema(
    {
        "stage": pl.String,
        "touchpoint": pl.String,
        "language": pl.String,
        "rank": pl.Int64,
        "theme": pl.String,
        "customer_count": pl.Int64,
        "message_count": pl.Int64,
        "share": pl.Float64,
        "share_low": pl.Float64,
        "share_high": pl.Float64,
        "log_odds": pl.Float64,
        "log_odds_low": pl.Float64,
        "log_odds_high": pl.Float64,
        "z": pl.Float64,
        "q_value": pl.Float64,
        "quote_event_id": pl.String,
        "quote": pl.String,
        "sampled_share": pl.Float64,
    }
)


class Place(NamedTuple):
    """Where words were written, and in which language."""

    stage: str
    touchpoint: str
    language: str


class Odds(NamedTuple):
    """How much more a term is used at a place than elsewhere."""

    log_odds: float
    error: float

    @property
    def z(self) -> float:
        """The log odds in errors."""
        return self.log_odds / self.error


@dataclass(frozen=True, slots=True)
class Theme:
    """Terms that are mostly written together, the one that stands out most first."""

    terms: list[str]
    messages: set[int]
    odds: Odds
    q: float


class Said(NamedTuple):
    """What a message says.

    Attributes:
        terms: Its words that say something, and its phrases of two of them side by side.
        inside: Its words that do not begin a sentence.
        capitals: Those of them that are written like a name.
    """

    terms: frozenset[str]
    inside: frozenset[str]
    capitals: frozenset[str]


@dataclass(slots=True)
class Low:
    """What is written in the low messages of a place.

    Attributes:
        voices: Term -> the customers who used it.
        messages: Term -> the messages it is in.
        customers: All who wrote.
    """

    voices: dict[str, set[int]] = field(default_factory=dict)
    messages: dict[str, set[int]] = field(default_factory=dict)
    customers: set[int] = field(default_factory=set)


def themes(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """What customers say at low points: THEMES.

    Args:
        con: The build database after the models.
    """
    ((count,),) = con.sql("select count(*) from voice_places").fetchall()
    groups = max(1, min(256, 256 * MOST_MESSAGES // max(count, 1)))
    con.execute("set variable last_group = ?", [f"{groups - 1:02x}"])
    messages = con.sql((sql_folder() / "measures" / "theme_messages.sql").read_text()).pl()
    return told(messages).with_columns(sampled_share=pl.lit(groups / 256)).cast(THEMES)


def told(messages: pl.DataFrame) -> pl.DataFrame:
    """The themes of given messages, without sampled_share; their order does not matter.

    Args:
        messages: event_id, customer_id, stage, touchpoint, language, text, names,
            sentiment, is_low.
    """
    parts = messages.filter(~pl.col("language").is_in(UNSPACED)).sort("event_id")
    rows: list[dict[str, object]] = []
    found: list[tuple[Place, Low, list[tuple[str, Odds]], pl.DataFrame]] = []
    for (language,), part in parts.group_by("language", maintain_order=True):
        found += [(*one, part) for one in _standing_out(part, str(language))]
    # One family of tests for the whole night.
    z = [odds.z for *_, terms, _ in found for _, odds in terms]
    q = false_discovery(two_sided(z)).tolist()
    start = 0
    for place, low, terms, part in found:
        end = start + len(terms)
        sure = [
            (term, odds, one)
            for (term, odds), one in zip(terms, q[start:end], strict=True)
            if one <= SURE and odds.z > 0
        ]
        start = end
        rows += _rows(place, low, _grouped(low, sure), part)
    schema = pl.Schema({name: kind for name, kind in THEMES.items() if name != "sampled_share"})
    return pl.DataFrame(rows, schema=schema).sort("stage", "touchpoint", "language", "rank")


def said(text: str, language: str, names: str | None = None) -> Said:
    """What a message says, without the writer's own `names`."""
    own = words_of(names)
    stop = STOP_WORDS.get(language, frozenset()) | GREETINGS | own
    negations = NEGATIONS.get(language, frozenset())
    # Without a list of its language, a short word is one that says nothing.
    least = 3 if language in STOP_WORDS else 4
    written = TOKEN.findall(PLACEHOLDER.sub(" . ", text).replace("\u2019", "'"))
    tokens = [one.lower() for one in written]
    words = {one for one in tokens if len(one) >= least and one not in stop | negations}
    phrases = {
        f"{one} {other}"
        for one, other in pairwise(tokens)
        if other in words and (one in words or one in negations)
    }
    inside = [one for before, one in pairwise(written) if before not in BEGINNING]
    return Said(
        frozenset(words | phrases),
        frozenset(one.lower() for one in inside),
        frozenset(one.lower() for one in inside if one.istitle()),
    )


def _standing_out(
    part: pl.DataFrame, language: str
) -> Iterator[tuple[Place, Low, list[tuple[str, Odds]]]]:
    """Each place's terms of enough customers, in one language, with their odds."""
    everywhere: dict[str, int] = {}
    writers: dict[tuple[str, bool], set[int]] = {}
    low: dict[Place, Low] = {}
    numbers = part["customer_id"].rank("dense").to_list()
    seen: dict[tuple[str, bool], set[tuple[str, int]]] = {}
    columns = part.select("stage", "touchpoint", "is_low").iter_rows()
    spoke = _said_by_all(part, language)
    for number, (customer, terms, (stage, touchpoint, is_low)) in enumerate(
        zip(numbers, spoke, columns, strict=True)
    ):
        spoken = seen.setdefault((touchpoint, is_low), set())
        writers.setdefault((touchpoint, is_low), set()).add(customer)
        for term in terms:
            if (term, customer) not in spoken:
                spoken.add((term, customer))
                everywhere[term] = everywhere.get(term, 0) + 1
        if is_low:
            mine = low.setdefault(Place(stage, touchpoint, language), Low())
            mine.customers.add(customer)
            for term in terms:
                mine.voices.setdefault(term, set()).add(customer)
                mine.messages.setdefault(term, set()).add(number)
    total = sum(everywhere.values())
    for place, mine in low.items():
        others = set().union(
            *(who for key, who in writers.items() if key != (place.touchpoint, True))
        )
        if len(others) >= LEAST_OTHERS and len(mine.customers) >= LEAST_CUSTOMERS:
            yield place, mine, list(_odds(mine, everywhere, total))


def _said_by_all(part: pl.DataFrame, language: str) -> list[frozenset[str]]:
    """The terms of each message, without words that are mostly written like a name."""
    messages = [
        said(text, language, names) for text, names in part.select("text", "names").iter_rows()
    ]
    if language == "de":
        return [one.terms for one in messages]
    inside = Counter(word for one in messages for word in one.inside)
    capitals = Counter(word for one in messages for word in one.capitals)
    called = {word for word, count in capitals.items() if count >= NAMED * inside[word]}
    return [
        frozenset(term for term in one.terms if called.isdisjoint(term.split())) for one in messages
    ]


def _odds(low: Low, everywhere: Mapping[str, int], total: int) -> Iterator[tuple[str, Odds]]:
    """The odds of each term of enough customers at a place, against all that is said elsewhere."""
    here = sum(len(customers) for customers in low.voices.values())
    weight = min(PRIOR_SHARE * total, MOST_PRIOR)
    for term in sorted(low.voices):
        count = len(low.voices[term])
        if count < LEAST_CUSTOMERS:
            continue
        prior = weight * everywhere[term] / total
        mine, others = count + prior, everywhere[term] - count + prior
        rest, other_rest = here + weight - mine, total - here + weight - others
        log_odds = np.log(mine / rest) - np.log(others / other_rest)
        yield term, Odds(float(log_odds), float(np.sqrt(1 / mine + 1 / others)))


def _grouped(low: Low, sure: Sequence[tuple[str, Odds, float]]) -> list[Theme]:
    """Terms into themes: each joins the first one whose leading term it mostly comes with."""
    found: list[Theme] = []
    # Of equals the phrase says more than its words.
    for term, odds, q in sorted(sure, key=lambda one: (-one[1].z, -len(one[0]), one[0])):
        mine = low.messages[term]
        for theme in found:
            lead = low.messages[theme.terms[0]]
            if len(mine & lead) >= ALIKE * len(mine | lead):
                theme.terms.append(term)
                theme.messages.update(mine)
                break
        else:
            found.append(Theme([term], set(mine), odds, q))
    return found[:MOST_THEMES]


def _rows(
    place: Place, low: Low, grouped: Sequence[Theme], part: pl.DataFrame
) -> Iterator[dict[str, object]]:
    """The rows of a place's themes."""
    customers = part["customer_id"]
    for rank, theme in enumerate(grouped, start=1):
        count = len(set(customers.gather(sorted(theme.messages))))
        whole = len(low.customers)
        bounds = wilson([count], [whole])
        quote = _quote(theme, low, part)
        yield {
            **place._asdict(),
            "rank": rank,
            "theme": ", ".join(_name(theme.terms)),
            "customer_count": count,
            "message_count": len(theme.messages),
            "share": count / whole,
            "share_low": bounds.low.item(),
            "share_high": bounds.high.item(),
            "log_odds": theme.odds.log_odds,
            "log_odds_low": theme.odds.log_odds - Z95 * theme.odds.error,
            "log_odds_high": theme.odds.log_odds + Z95 * theme.odds.error,
            "z": theme.odds.z,
            "q_value": theme.q,
            "quote_event_id": quote["event_id"],
            "quote": quote["text"],
        }


def _name(terms: Sequence[str]) -> list[str]:
    """Up to three terms of a theme, none of which is part of another."""
    kept: list[str] = []
    for term in terms:
        words = set(term.split())
        if any(words & set(other.split()) for other in kept):
            # A phrase stands for the word it begins or ends with.
            kept = [term if set(one.split()) < words else one for one in kept]
        elif len(kept) < MOST_TERMS:
            kept.append(term)
    return list(dict.fromkeys(kept))


def _quote(theme: Theme, low: Low, part: pl.DataFrame) -> dict[str, str]:
    """The message that has most of a theme's terms, is of a length to read, and is unhappiest."""
    picked = sorted(theme.messages)
    rows = part.select("event_id", "text", "names", "sentiment")[picked].with_columns(
        held=pl.Series(
            [sum(number in low.messages[term] for term in theme.terms) for number in picked]
        ),
        is_readable=pl.col("text").str.len_chars().is_between(*READABLE),
    )
    best = rows.sort(
        "is_readable", "held", "sentiment", "event_id",
        descending=[True, True, False, False], nulls_last=True,
    ).row(0, named=True)  # fmt: skip
    return {"event_id": best["event_id"], "text": without_names(best["text"], best["names"])}
