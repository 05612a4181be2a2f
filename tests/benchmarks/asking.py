"""What analysts ask of a published file: milliseconds a question, beside what they may take.

`python -m tests.benchmarks.asking data/published` asks one that is there.
"""

import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import NamedTuple

import duckdb

from pipeline import publish

TARGET_MS = 300
ROUNDS = 5
# By what it is called; the names are those of the simulated company, {customer} is its busiest.
QUESTIONS = {
    "funnel of 2 steps": "from funnel(['Visit site', 'Order placed'])",
    "funnel of 4 steps": (
        "from funnel(['Visit site', 'Compare plans', 'Read pricing', 'Order placed'], "
        "window_days := 30)"
    ),
    "by a column": "from funnel(['Visit site', 'Order placed'], breakdown := 'channel')",
    "by an attribute": (
        "from funnel(['Visit site', 'Order placed'], breakdown := 'attribute:country')"
    ),
    "with an exclusion": (
        "from funnel(['Visit site', 'Order placed'], excluded := ['Support chat'])"
    ),
    "in any order": "from funnel(['Visit site', 'Compare plans'], ordering := 'any')",
    "in totals": "from funnel(['Visit site', 'Order placed'], counting := 'totals')",
    "week by week": "from funnel_trend(['Visit site', 'Order placed'])",
    "commonest steps": "from funnel(['Use service', 'View bill'])",
    "who comes back": "from retention_of('Visit site', period := 'week', upto := 12)",
    "who buys again": (
        "from retention_of('Order placed', 'Order placed', period := 'month', "
        "entry := 'recurring', clock := 'rolling')"
    ),
    "ways onward": "from paths_from('Visit site')",
    "ways there": "from paths_to('Order placed')",
    "ways between": "from paths_between('Visit site', 'Order placed')",
    "activities": "select activity, count(*) from activity_stream group by activity",
    "one customer": "from event_log where \"case:customer_id\" = '{customer}'",
}


class Answered(NamedTuple):
    """What a question took, in milliseconds: the first time, then the median of later ones."""

    first_ms: float
    later_ms: float
    cpu_ms: float


def asked(con: duckdb.DuckDBPyConnection, question: str) -> Answered:
    """What it takes to answer a question again and again."""
    walls, cpus = [], []
    for _ in range(1 + ROUNDS):
        began, cpu = perf_counter(), process_time()
        con.execute(question).fetchall()
        walls.append((perf_counter() - began) * 1_000)
        cpus.append((process_time() - cpu) * 1_000)
    return Answered(walls[0], median(walls[1:]), median(cpus[1:]))


def answers(published: Path) -> dict[str, Answered]:
    """What each question takes, one after another."""
    with publish.connect(published) as con:
        [(customer,)] = con.sql(
            "select customer_id from customers order by event_count desc, customer_id limit 1"
        ).fetchall()
        return {
            name: asked(con, question.format(customer=customer))
            for name, question in QUESTIONS.items()
        }


def show(found: Mapping[str, Answered]) -> None:
    """Print one line per question."""
    print(f"{'question':<18}{'first ms':>10}{'then ms':>9}{'CPU ms':>9}{'target':>10}")
    for name, one in found.items():
        print(
            f"{name:<18}{one.first_ms:>10.0f}{one.later_ms:>9.0f}{one.cpu_ms:>9.0f}"
            f"{f'<= {TARGET_MS}':>10}"
        )


if __name__ == "__main__":
    show(answers(Path(sys.argv[1])))
