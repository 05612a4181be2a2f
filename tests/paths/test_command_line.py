"""`wend paths` over a published file."""

from collections.abc import Callable, Mapping
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import gettempdir

import pytest

from pipeline.catalogue.templates import init
from pipeline.warehouse import Model, connect
from tests.models.provided import make
from tests.paths.ways import read_by, tables, ways

Wend = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def project(models: Mapping[str, Model], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that has published three journeys."""
    folder = tmp_path_factory.mktemp("paths")
    init(folder, "retail")
    snapshot = folder / "data" / "published" / "current"
    snapshot.mkdir(parents=True)
    frames = tables(
        ways("""
            ada  1 completed: Visit@0 Basket@1 Order@49
            bob  1 completed: Visit@0 Order@50
            cleo 1 ended:     Visit@0
        """)
    )
    with connect(
        snapshot / "wend.duckdb",
        threads=1,
        memory_gib=1,
        temp_gib=1,
        temp_folder=Path(gettempdir()),
    ) as con:
        make(
            con,
            models,
            "journey_paths",
            read_by(frames, "journeys", "touchpoint_visits", "path_codes"),
        )
    return folder


def test_a_pattern_is_answered_with_counts_shares_and_examples(wend: Wend, project: Path) -> None:
    """How many, of whom, how they end beside the others, and some of them whole."""
    done = wend("paths", "Visit -> .* ->{<=2d} Order", "--project", project)
    fit = wend("paths", "Visit -> .* ->{<=3d} Order", "--project", project, "--examples", "1")

    assert done.stdout == "none of 3 journeys fits\n"
    assert fit.stdout.splitlines() == [
        "2 journeys of 2 customers fit, 66.7% of all",
        "they end: 2 completed, 0 ended, 0 open",
        (
            "completed, of those settled: 100.0% (34.2% to 100.0%) of 2; "
            "of journeys that do not fit 0.0% (0.0% to 79.3%) of 1"
        ),
        "median from first to last touchpoint: 2.1 days",
        "",
        "customer_id\tjourney_number\tstarted_at\tstatus\tpath",
        "ada\t1\t2026-01-01T00:00:00.000000\tcompleted\tVisit > Basket > Order",
    ]


def test_a_pattern_that_means_nothing_ends_with_1(wend: Wend, project: Path) -> None:
    """The mark stands below the place."""
    done = wend("paths", "Visit -> Ordre", "--project", project)

    assert done.returncode == 1
    assert done.stderr == (
        "wend: pattern, character 10: 'Ordre' is no touchpoint and no stage; did you mean 'Order'?"
        "\n  Visit -> Ordre\n           ^\n"
    )


def test_the_sql_of_a_pattern_is_printed_on_demand(wend: Wend, project: Path) -> None:
    """Without parameters left to fill in."""
    done = wend("paths", "Visit -> .* ->{<=2d} Order", "--project", project, "--sql")

    assert done.returncode == 0
    assert "$" not in done.stdout
    assert "'[A].{0,}[E]'" in done.stdout
