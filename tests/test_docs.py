"""The README tells the truth about what is there."""

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import pytest

from pipeline.landing import described
from pipeline.landing.formats import FORMATS
from pipeline.settings import Identity, Namespace, Settings

Wend = Callable[..., CompletedProcess[str]]

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
    """What the README's tables say is what `wend formats` says, of every format there is."""
    section = README.split("### Formats")[1].split("### What a strange")[0]
    found = []
    group = ""
    for line in section.splitlines():
        if re.fullmatch(r"[A-Z][\w ,-]+:", line):
            group = line.removesuffix(":")
        if row := re.fullmatch(r"\| `(\w+)` \| (.*) \| (.*) \|", line):
            found.append((row[1], group, row[2], row[3]))

    listed = described.listed().select("format", "group", "reads", "identifiers")
    assert found == listed.rows()
    assert sorted(listed["format"]) == sorted(FORMATS)


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_says_its_clock_and_whom_it_names(name: str) -> None:
    """Who sets up a source reads there what its stamps mean and what its records link."""
    said = described.account(name)

    assert re.search(r"\bclock|\bstamp|\btime", said, re.IGNORECASE)
    assert re.search(r"identifier|handle|address|whom", said, re.IGNORECASE)


def test_formats_are_listed_on_the_command_line(wend: Wend) -> None:
    """Without a project; of one format all is told, and an unknown name is answered."""
    every = wend("formats")
    one = wend("formats", "snowplow")
    none = wend("formats", "snowplough")

    assert every.returncode == 0
    assert {line.split("\t")[0] for line in every.stdout.splitlines()[1:]} == set(FORMATS)
    assert (one.returncode, "131 fields" in one.stdout) == (0, True)
    assert (none.returncode, "no format 'snowplough'" in none.stderr) == (1, True)


def test_the_example_configuration_is_valid(tmp_path: Path) -> None:
    """The wend.toml that the README shows loads as it stands."""
    shown = "".join(re.findall(r"```toml\n(.*?)```", README, re.DOTALL))

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
    assert len(examples) == 3


def test_the_make_targets_of_the_readme_exist() -> None:
    """Each `make` command shown is a target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")

    for target in re.findall(r"^make ([\w-]+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)


def test_the_readme_lists_every_key_of_the_policy_with_its_default() -> None:
    """The example of a namespace names all its keys, and the table below all of [identity]."""
    section = README.split("## Who is one person")[1].split("\n## ")[0]
    (example,) = re.findall(r"```text\n(\[identity\.namespaces\..*?)```", section, re.DOTALL)
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*?) \|", section, re.MULTILINE))

    (namespace,) = tomllib.loads(example)["identity"]["namespaces"].values()
    assert set(namespace) == set(Namespace.model_fields)
    assert set(rows) == set(Identity.model_fields) - {"namespaces"}
    for key, said in rows.items():
        default = Identity.model_fields[key].get_default(call_default_factory=True)
        assert said == str(default) or not default
