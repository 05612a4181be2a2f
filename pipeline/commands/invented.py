"""Commands that make a company up."""

from pathlib import Path

from pipeline.commands import nights
from pipeline.commands.options import AtLeastOne, NotNegative
from pipeline.errors import NoPlace


def simulate(
    *,
    out: Path,
    customers: AtLeastOne = 4_000,
    days: AtLeastOne = 180,
    seed: NotNegative = 1,
) -> int:
    """Write an invented company's raw logs, with the truth beside them.

    Args:
        out: A new folder; it becomes a project that `wend run` can take.
        customers: How many persons.
        days: How many days of logs.
        seed: The same seed gives the same bytes.
    """
    from pipeline import words
    from pipeline.simulate import company, plan

    if out.exists() and any(out.iterdir()):
        raise NoPlace(f"{out}: holds other files; name a new folder with --out")
    company.simulate(out, plan.usual(customers, days), seed=seed)
    words.lines([f"wrote {out}; next: wend run --project {out}"])
    return 0


def demo(
    *,
    out: Path = Path("data/demo"),
    customers: AtLeastOne = 4_000,
    days: AtLeastOne = 180,
) -> int:
    """Simulate a company, run the main job on it and say where to look.

    Args:
        out: The demo's project folder; an earlier demo there is replaced.
        customers: How many persons.
        days: How many days of logs.
    """
    from pipeline import demo as invented

    invented.make(out, customers=customers, days=days)
    return nights.run(project=out)
