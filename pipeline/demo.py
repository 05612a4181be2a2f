"""The invented company of `make demo`."""

import shutil
from pathlib import Path

from pipeline.errors import BadSettings
from pipeline.settings import FILE_NAME
from pipeline.simulate import company, plan

MARK = ".wend-demo"


def make(out: Path, *, customers: int, days: int) -> None:
    """Simulate the demo company into `out`; an earlier demo there is replaced.

    Raises:
        BadSettings: `out` holds something that is not a demo.
    """
    if out.exists() and any(out.iterdir()):
        if not (out / MARK).exists():
            raise BadSettings(f"{out}: holds no demo of wend; name another folder with --out")
        shutil.rmtree(out)
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).write_text("made by `wend demo`, which may replace it\n")
    company.simulate(out, plan.usual(customers, days), seed=1)
    assert (out / FILE_NAME).is_file(), "a simulated company is a project of its own"
