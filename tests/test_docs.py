"""The README tells the truth about what is there."""

import re
import tomllib
from pathlib import Path

import duckdb

from pipeline.landing.formats import FORMATS
from pipeline.settings import Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_lists_every_published_table(ran_company: Path) -> None:
    """A table that analysts get is described, and none is described that they do not get."""
    published = ran_company / "data" / "published" / "current" / "wend.duckdb"
    with duckdb.connect(str(published.resolve()), read_only=True) as con:
        names = {
            name
            for (name,) in con.sql("select table_name from information_schema.tables").fetchall()
        }
    section = README.split("## Tables")[1].split("## Decisions")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == names


def test_the_readme_lists_every_format() -> None:
    """A format that wend reads is described, and none is described that it does not read."""
    section = README.split("### Formats")[1].split("### Every night")[0]

    assert set(re.findall(r"^\| `(\w+)` \|", section, re.MULTILINE)) == set(FORMATS)


def test_the_example_configuration_is_valid(tmp_path: Path) -> None:
    """The wend.toml that the README shows loads as it stands."""
    (shown,) = re.findall(r"```toml\n(.*?)```", README, re.DOTALL)

    settings = Settings.model_validate({**tomllib.loads(shown), "folder": tmp_path})

    assert set(settings.sources) == {"web", "calls"}


def test_the_examples_of_sources_are_valid(tmp_path: Path) -> None:
    """Each section of sources that the README shows would load in a wend.toml."""
    examples = [
        text for text in re.findall(r"```text\n(.*?)```", README, re.DOTALL) if "[sources" in text
    ]

    for example in examples:
        company = {"company": {"name": "Larkspur"}, "folder": tmp_path}
        Settings.model_validate({**tomllib.loads(example), **company})
    assert len(examples) == 2


def test_the_make_targets_of_the_readme_exist() -> None:
    """Each `make` command shown is a target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in re.findall(r"^make ([\w-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
