"""The model of what makes two records one person: learnt by Splink without labels, kept as JSON.

A model holds probabilities and no value of anybody. How frequent values are is counted anew from
the records that are compared, so that nobody's name outlives an erasure in it.
"""

import copy
import hashlib
import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import duckdb
import numpy as np
import polars as pl
from numpy.typing import NDArray
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

from pipeline.identity.matching import homes, rarity
from pipeline.identity.matching.columns import Column
from pipeline.identity.matching.comparisons import compared, comparisons
from pipeline.identity.matching.records import Records
from pipeline.identity.tables import given

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]
# The share of one person's pairs that exact agreement in two attributes is thought to find.
RECALL = 0.8
ROUNDS = 2


@dataclass(frozen=True, slots=True)
class Model:
    """A model that has learnt.

    Attributes:
        columns: The attributes it compares.
        siblings: How many other records a record's person has, on average.
        settings: What Splink made of it.
        kin: How many records of others of the same home a record meets, on average.
        shares: How often those of one home agree in each comparison as one person's records do;
            none where the table shows no homes.
    """

    columns: tuple[Column, ...]
    siblings: float
    settings: Mapping[str, Any]
    kin: float = 0.0
    shares: Mapping[str, float] = field(default_factory=dict)

    def text(self) -> str:
        """The model as JSON, the same for the same model."""
        content = {
            "columns": [asdict(one) for one in self.columns],
            "siblings": self.siblings,
            "settings": self.settings,
            "kin": self.kin,
            "shares": self.shares,
        }
        return json.dumps(content, indent=1, sort_keys=True) + "\n"

    @property
    def model_id(self) -> str:
        """What its content says it is."""
        return "m" + hashlib.blake2b(self.text().encode(), digest_size=6).hexdigest()


def read(text: str) -> Model:
    """The model that a JSON text holds."""
    content = json.loads(text)
    columns = tuple(Column(**one) for one in content["columns"])
    # Models of before homes were told from persons have neither.
    return Model(
        columns,
        content["siblings"],
        content["settings"],
        content.get("kin", 0.0),
        content.get("shares", {}),
    )


def learn(
    con: duckdb.DuckDBPyConnection, records: Records, *, seed: int, sample_pairs: int
) -> Model:
    """The model that explains which attributes of the records agree more often than by chance.

    Args:
        con: Where Splink keeps its tables; one thread, so that sums are always the same.
        records: The persons.
        seed: Of the random pairs that show how often strangers agree.
        sample_pairs: How many pairs each lesson may use.
    """
    siblings = 0.0
    for _ in range(3):
        rules = rarity.rules(records, siblings)
        siblings = rarity.siblings_of(records, rules, recall=RECALL)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[*comparisons(records.columns)],
        probability_two_random_records_match=prior(siblings, records.size),
        retain_matching_columns=False,
        linker_uid="wend",
    )
    with _linker(con, records, settings) as (_, linker):
        linker.training.estimate_u_using_random_sampling(max_pairs=sample_pairs, seed=seed)
        for rule in lessons(records, rules):
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*(column.slug for column in rule.about)),
                estimate_without_term_frequencies=True,
                max_pairs=sample_pairs if rule.pair_count > sample_pairs else None,
            )
        learnt = linker.misc.save_model_to_json()
    return Model(records.columns, siblings, learnt)


def settled(con: duckdb.DuckDBPyConnection, records: Records, learnt: Model, pairs: Pairs) -> Model:
    """What was learnt, brought to agree with itself over the pairs that may be one person.

    The rules can only guess how many records a person has; the pairs' own probabilities add up
    to a better number, which changes them, until neither changes. Where the table shows homes,
    how many pairs are of one home, and what they share, is found in the same way.
    """
    known = homes.shares(learnt.columns)
    model = _cleared(learnt, learnt.settings, records.size)
    for _ in range(ROUNDS):
        if known:
            model = _homely(con, records, model, pairs, known)
        else:
            found = weights(con, records, model, pairs)["weight"].to_numpy()
            chance = prior(model.siblings, records.size)
            siblings = _siblings(found - _odds(chance), model.siblings, records.size)
            model = replace(model, siblings=siblings)
        model = _cleared(model, learnt.settings, records.size)
    return model


def _homely(
    con: duckdb.DuckDBPyConnection,
    records: Records,
    model: Model,
    pairs: Pairs,
    known: Mapping[str, float | None],
) -> Model:
    """The model, with as many records of one person and of one home as the pairs show."""
    told = _scored(con, records, _telling(model, "intermediate_calculation"), pairs)
    others = max(records.size - 1, 1)
    person, home, shares = homes.learn(
        _evidence(told, known),
        known,
        same=max(prior(model.siblings, records.size), 0.01 / others),
        pair_count=records.size * others / 2,
    )
    return replace(
        model, siblings=_short(person * others), kin=_short(home * others), shares=shares
    )


def _siblings(evidence: NDArray[np.float64], siblings: float, size: int) -> float:
    """The mean number of other records per record that agrees with the evidence of all pairs."""
    for _ in range(100):
        odds = evidence + _odds(prior(siblings, size))
        told = 2 * float((1 / (1 + np.exp2(-np.clip(odds, -60, 60)))).sum()) / size
        if abs(told - siblings) <= 0.001 * siblings:
            break
        siblings = told
    return _short(siblings)


def _short(number: float) -> float:
    return float(f"{number:.4g}")


def _odds(probability: float) -> float:
    return float(np.log2(probability / (1 - probability)))


def _cleared(model: Model, learnt: Mapping[str, Any], size: int) -> Model:
    """The model with what Splink learnt, without what a sample of pairs cannot know.

    A random sample holds pairs of one person and of one home, too: they are taken out of what
    strangers agree in. And no level is impossible, however seldom the lessons met it.
    """
    settings: dict[str, Any] = copy.deepcopy(dict(learnt))
    bounds = homes.most_different(model.columns)
    for comparison in settings["comparisons"]:
        alike = prior(model.siblings, size)
        if share := model.shares.get(comparison["output_column_name"], 0.0):
            alike = min(alike + share * prior(model.kin, size), 0.5)
        said = [one for one in comparison["comparison_levels"] if not one.get("is_null_level")]
        found = [
            _bounded(level.get("m_probability"), unknown=_usual(place, len(said)))
            for place, level in enumerate(said)
        ]
        most = bounds.get(comparison["output_column_name"], 1.0)
        if found[-1] > most:
            found = [m * (1 - most) / (1 - found[-1]) for m in found[:-1]] + [most]
        for level, m in zip(said, found, strict=True):
            u = _bounded(level.get("u_probability"), unknown=1e-5)
            level["m_probability"] = round(m, 6)
            level["u_probability"] = float(f"{max((u - alike * m) / (1 - alike), u / 10):.5g}")
    return replace(model, settings=settings)


def _usual(place: int, count: int) -> float:
    """How often one person's records agree at a level that no lesson showed, our choice."""
    if place == 0:
        return 0.7
    return 0.05 if place == count - 1 else 0.25 / max(count - 2, 1)


def _bounded(found: Any, *, unknown: float) -> float:
    """A probability that is neither 0 nor 1; Splink writes words for what it never saw."""
    if not isinstance(found, float):
        return unknown
    return min(max(found, 1e-6), 1 - 1e-6)


def weights(
    con: duckdb.DuckDBPyConnection, records: Records, model: Model, pairs: Pairs
) -> pl.DataFrame:
    """How much speaks for each pair being one person, and neither strangers nor of one home.

    Returns:
        One row per pair, in the order of its ends: `left`, `right` (numbers of records) and
        `weight`, log2 of the odds.
    """
    if not model.shares:
        return _scored(con, records, model, pairs).select("left", "right", "weight")
    told = _scored(con, records, _telling(model, "intermediate_calculation"), pairs)
    kin = homes.against(_evidence(told, model.shares), list(model.shares.values()))
    kin += _odds(prior(model.kin, records.size))
    return told.select("left", "right", pl.col("weight") - pl.Series(np.logaddexp2(0, kin)))


def _evidence(told: pl.DataFrame, names: Iterable[str]) -> NDArray[np.float64]:
    """What each comparison says for one person and against strangers: a column for each."""
    parts = [told.select(f"^mw(_tf_adj)?_{name}$").sum_horizontal() for name in names]
    return np.column_stack([one.to_numpy() for one in parts])


def levels(
    con: duckdb.DuckDBPyConnection, records: Records, model: Model, pairs: Pairs
) -> pl.DataFrame:
    """At which level the two of each pair agree.

    Returns:
        One row per pair, in the order of its ends: `left`, `right`, and for each comparison
        `gamma_` and its name: -1 where something is missing, 0 where they are different.
    """
    told = _scored(con, records, _telling(model, "matching"), pairs)
    return told.select("left", "right", "^gamma_.*$")


def _telling(model: Model, what: str) -> Model:
    """The model, told to keep more of what it finds on the way."""
    return replace(model, settings={**model.settings, f"retain_{what}_columns": True})


def _scored(
    con: duckdb.DuckDBPyConnection, records: Records, model: Model, pairs: Pairs
) -> pl.DataFrame:
    now = prior(model.siblings, records.size)
    settings = {**model.settings, "probability_two_random_records_match": now}
    blocked = pl.DataFrame(
        {"join_key_l": pairs[0], "join_key_r": pairs[1], "match_key": ["0"] * len(pairs[0])}
    )
    with _linker(con, records, settings) as (api, linker):
        linker.table_management.register_blocked_pairs_for_predict(
            _table(con, api, "pairs", blocked)
        )
        for column in model.columns:
            found = rarity.frequencies(
                records.frame[column.slug], column.slug, siblings=model.siblings
            )
            linker.table_management.register_term_frequency_lookup(
                _table(con, api, f"frequency_{column.slug}", found), column.slug
            )
        predicted = linker.inference.predict(warning_mode="never")
        scored: pl.DataFrame = predicted.as_duckdbpyrelation().pl()
    return scored.rename(
        {"unique_id_l": "left", "unique_id_r": "right", "match_weight": "weight"}
    ).sort("left", "right")


def _table(
    con: duckdb.DuckDBPyConnection, api: DuckDBAPI, name: str, frame: pl.DataFrame
) -> Any:  # splink publishes no name of its tables
    """A frame as a table that Splink knows."""
    with given(con, stored=frame):
        con.execute(f"create or replace table {name} as from stored")
    return api.register(name)


def lessons(records: Records, rules: list[rarity.Rule]) -> list[rarity.Rule]:
    """The rules to learn from: for each comparison the two purest that leave it open."""
    stands = compared(records.columns)
    good = [
        rule
        for rule in rules
        if rule.share >= 0.2 and rule.pair_count >= 20 and rule.purity >= rarity.PURE
    ]
    enough = max((rule.share * rule.pair_count for rule in good), default=0.0) / 20
    good = [rule for rule in good if rule.share * rule.pair_count >= enough]
    good.sort(key=lambda rule: (-rule.purity, [one.name for one in rule.about]))
    chosen: list[rarity.Rule] = []
    for comparison in sorted(set(stands.values())):
        open_ = [
            rule for rule in good if comparison not in {stands[one.name] for one in rule.about}
        ]
        chosen += [rule for rule in open_[:2] if rule not in chosen]
    return chosen


def prior(siblings: float, size: int) -> float:
    """The chance that two records taken at random are one person."""
    return float(np.clip(siblings / max(size - 1, 1), 1e-9, 0.5))


@contextmanager
def _linker(
    con: duckdb.DuckDBPyConnection, records: Records, settings: Any
) -> Iterator[tuple[DuckDBAPI, Linker]]:
    """Splink over the records; what it says of them is not heard."""
    log = logging.getLogger("splink")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    api = DuckDBAPI(con)
    try:
        yield api, Linker(_table(con, api, "records", records.frame), settings, log_level=None)
    finally:
        api.delete_tables_created_by_splink_from_db()  # type: ignore[no-untyped-call]
        log.setLevel(before)
