import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import FIXED

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.py"))


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_answers_from_the_published_file(notebook: Path, ran_company: Path) -> None:
    """Every cell runs, on the file it is given and on nothing else."""
    pytest.importorskip("marimo", reason="the extra `notebooks` is not installed")
    file = ran_company / "data" / "published" / "current" / "wend.duckdb"

    done = subprocess.run(
        [sys.executable, notebook, "--", "--file", file],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **FIXED},
        timeout=300,
    )

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_only_reads(notebook: Path) -> None:
    """The file is opened read-only, and no notebook imports Wend: DuckDB is all it needs."""
    text = notebook.read_text()

    assert "read_only=True" in text
    assert not re.search(r"\b(from|import) pipeline\b", text)
