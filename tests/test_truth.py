"""What Wend finds against what the simulator planted."""

from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess
from typing import NamedTuple

import duckdb
import polars as pl
import pytest

from pipeline.measures.themes import said
from pipeline.simulate import company, words
from pipeline.simulate.plan import usual
from tests.truth import attributed, pairwise

Wend = Callable[..., CompletedProcess[str]]


class Found(NamedTuple):
    """A company's truth, and what was published of it."""

    truth: Path
    snapshot: Path

    def published(self, table: str) -> pl.DataFrame:
        """A published table."""
        with duckdb.connect(str(self.snapshot / "wend.duckdb"), read_only=True) as con:
            return con.table(table).pl()

    def planted(self, table: str) -> pl.DataFrame:
        """A table of the truth."""
        return pl.read_parquet(self.truth / f"{table}.parquet")


class Size(NamedTuple):
    """How large a company is, and among how many new drop-offs its incident must stand.

    In a small one chance alone can raise some week of some touchpoint as much.
    """

    customers: int
    days: int
    seed: int
    incident_rank: int


SIZES = [Size(4_000, 180, 1, 3), pytest.param(Size(20_000, 270, 11, 1), marks=pytest.mark.long)]


@pytest.fixture(scope="module", params=SIZES, ids=str)
def size(request: pytest.FixtureRequest) -> Size:
    """The size of the company."""
    assert isinstance(request.param, Size)
    return request.param


@pytest.fixture(scope="module")
def found(size: Size, tmp_path_factory: pytest.TempPathFactory, wend: Wend) -> Found:
    """A simulated company after one run."""
    folder = tmp_path_factory.mktemp("truth") / "company"
    company.simulate(folder, usual(size.customers, size.days), seed=size.seed)
    done = wend("run", "--project", folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return Found(folder / "truth", (folder / "data" / "published" / "current").resolve())


def test_stitched_pairs_are_of_one_person(found: Found) -> None:
    """Pairwise precision is 0.98 or better, recall of what is reachable 0.99 or better."""
    measured = pairwise(found.snapshot, found.truth)

    assert measured.precision >= 0.98
    assert measured.recall >= 0.99


def test_no_customer_is_a_crowd(found: Found) -> None:
    """The largest customer has 20 identifiers or fewer."""
    counts = found.published("identifiers").drop_nulls("customer_id").group_by("customer_id").len()

    assert counts["len"].max() <= 20


def test_anonymous_events_are_of_who_was_there(found: Found) -> None:
    """97 % of what named nothing but a cookie, and of what a shared tablet gave to anybody."""
    told = attributed(found.snapshot.parents[2])

    given = told.filter("is_tablet", pl.col("attribution") == "nearest_login")
    assert told["is_right"].mean() >= 0.97
    assert given.height
    assert given["is_right"].mean() >= 0.97


def test_strangers_at_a_shared_tablet_stay_strangers(found: Found) -> None:
    """Who looks at a page there and does not log in is taken for nobody, nor for an owner."""
    told = attributed(found.snapshot.parents[2]).filter("is_tablet")

    assert "ambiguous" in told["attribution"].to_list()
    # A tablet that hardly anybody has logged in on yet looks like its first users' own.
    assert told.filter(pl.col("attribution") == "device").height <= 0.02 * told.height
    counted = dict(
        found.published("event_attributions").select("attribution", "event_count").rows()
    )
    assert counted["ambiguous"] == found.published("ambiguous_events").height


def test_planted_transition_shares_lie_in_their_intervals(found: Found) -> None:
    """95 % of the planted stage-to-stage probabilities lie in the published 95 % intervals."""
    planted = found.planted("transitions")
    joined = planted.join(
        found.published("stage_transitions"), on=["from_stage", "to_stage"], how="left"
    )

    inside = joined.filter(
        pl.col("probability").is_between(pl.col("share_low"), pl.col("share_high"))
    )

    # In a small company one or two of some twenty intervals miss by chance alone.
    allowed = 1 if planted["visit_count"].sum() > 100_000 else 2
    assert planted.height - inside.height <= allowed


def test_the_planted_incident_is_the_top_new_drop_off(found: Found, size: Size) -> None:
    """Where, on what device and on which days orders failed is what ranks first."""
    incident = found.planted("incident").row(0, named=True)

    ranked = found.published("drop_off_spans").filter(
        (pl.col("touchpoint") == incident["left_at_touchpoint"])
        & (pl.col("channel") == incident["channel"])
        & (pl.col("device_kind") == incident["device_kind"])
        & (pl.col("from_on") <= incident["ends_on"])
        & (pl.col("to_on") >= incident["starts_on"])
    )

    assert ranked["rank"].min() <= size.incident_rank


def test_every_planted_bad_record_is_refused_and_no_good_one(found: Found) -> None:
    """Quarantine holds the records that were damaged on purpose, each with a reason."""
    planted = found.planted("bad_records").select("source", "file", "record_number").unique()
    refused = found.published("quarantine").rename({"path": "file"})

    keys = ["source", "file", "record_number"]

    assert planted.join(refused, on=keys, how="anti").height == 0
    assert refused.join(planted, on=keys, how="anti").height == 0
    assert refused["reasons"].null_count() == 0


def test_every_interval_holds_its_share(found: Found) -> None:
    """No share is published without an interval around it."""
    for table in ("stage_transitions", "touchpoint_transitions"):
        shares = found.published(table).filter(pl.col("share").is_not_null())
        assert shares.height
        assert shares.filter(
            ~pl.col("share").is_between(pl.col("share_low") - 1e-12, pl.col("share_high") + 1e-12)
        ).is_empty()


def test_the_naive_drop_off_is_too_low(found: Found) -> None:
    """Leaving open visits out of the base understates leaving: the reason for settled visits."""
    drop_offs = found.published("drop_offs").filter(pl.col("grain") == "stage")
    ended = (
        found.planted("transitions")
        .filter(pl.col("to_stage") == "(ended)")
        .select(name="from_stage", planted="probability")
    )

    compared = drop_offs.join(ended, on="name").with_columns(
        naive=pl.col("ended") / (pl.col("entries") - pl.col("open"))
    )

    settled_error = (compared["drop_off_share"] - compared["planted"]).mean()
    naive_error = (compared["naive"] - compared["planted"]).mean()
    assert naive_error < settled_error


def test_themes_are_what_cross_customers_write(found: Found) -> None:
    """Every theme of a support chat is of words planted for cross customers, and none is missed."""
    themes = found.published("themes").filter(pl.col("touchpoint") == "Support chat")
    planted = (*words.SUPPORT_QUESTIONS[-1], *words.SUPPORT_REPLIES[-1], *words.SURVEY_COMMENTS[-1])
    known = {term for text in planted for term in said(text, "en").terms}

    told = {term for theme in themes["theme"] for term in theme.split(", ")}

    assert themes.height
    assert told <= known
    assert themes["customer_count"].min() >= 5
    asked = [said(text, "en").terms for text in words.SUPPORT_QUESTIONS[-1]]
    assert all(terms & told for terms in asked)


def test_moments_of_truth_are_where_the_way_parts(found: Found) -> None:
    """Where customers go to cancel fewer journeys complete, and no page of the start decides."""
    told = found.published("moments_of_truth").filter(pl.col("verdict") == "moment of truth")

    assert {"Visit site", "Read pricing"}.isdisjoint(told["touchpoint"])
    page = told.filter(pl.col("touchpoint") == "Cancel page")
    assert (page["difference"] < 0).all()
