"""identity_links.csv: what people may write, and what they are told."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pipeline.errors import BadSettings
from pipeline.identity.decisions import read
from pipeline.rehearsal import rehearse
from pipeline.settings import load
from tests.identity.projects import project

HEADER = "rule,left,right,decided_by,decided_on,why\n"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """A project folder with these decisions."""
    (folder / "identity_links.csv").write_text(HEADER + text, encoding=encoding)
    return folder


def test_a_project_without_decisions_has_none(tmp_path: Path) -> None:
    """The file is optional."""
    assert read(tmp_path, region="GB").is_empty()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_identifiers_may_be_spelled_in_any_way(tmp_path: Path, encoding: str) -> None:
    """Addresses and telephone numbers are brought to normal form; ids are as they are."""
    folder = written(
        tmp_path,
        "Force, EMAIL: Ada Lovelace <ADA@Example.org> ,phone:020 7946 0001,grace,2026-03-31,x\n"
        "\n"
        "veto,user_id:Ada:7,anonymous_id:c1,grace,2026-04-01,two people\n",
        encoding,
    )

    rows = read(folder, region="GB").rows()

    assert rows == [
        (
            *("force", "email", "ada@example.org", "phone", "+442079460001", None),
            "decided on 2026-03-31, identity_links.csv line 2",
        ),
        (
            *("veto", "user_id", "Ada:7", "anonymous_id", "c1", None),
            "decided on 2026-04-01, identity_links.csv line 4",
        ),
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("join,user_id:1,user_id:2,grace,2026-03-31,x", "rule is 'join'; write 'force', 'veto'"),
        ("force,ada,user_id:2,grace,2026-03-31,x", "left names no namespace; write it as email:"),
        ("force,email:ada,user_id:2,grace,2026-03-31,x", "left is no email; check how"),
        ("force,user_id:1,user_id:,grace,2026-03-31,x", "right is no user_id; check how"),
        ("force,user_id:1,user_id:2,,2026-03-31,x", "decided_by is empty; write who"),
        ("force,user_id:1,user_id:2,grace,31/03/2026,x", "decided_on is '31/03/2026'; write a day"),
        ("force,email:A@b.org,email:a@b.org,grace,2026-03-31,x", "left and right are the same"),
        ("force,user_id:1,user_id:2", "3 cells where the header has 6"),
    ],
)
def test_a_line_that_cannot_be_meant_is_told_by_file_and_line(
    tmp_path: Path, line: str, message: str
) -> None:
    """Each fault names identity_links.csv and its line, and shows no address."""
    folder = written(tmp_path, f"veto,user_id:8,user_id:9,grace,2026-03-31,x\n{line}\n")

    with pytest.raises(BadSettings, match=f"identity_links.csv:3: {message}") as told:
        read(folder, region="GB")
    assert "@b.org" not in str(told.value)


def test_two_decisions_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    """A pair that is forced and vetoed, in whatever order and spelling, is told by both lines."""
    folder = written(
        tmp_path,
        "force,user_id:1,email:Ada@example.org,grace,2026-03-31,x\n"
        "veto,email:ada@EXAMPLE.org,user_id:1,heinz,2026-04-01,y\n",
    )

    with pytest.raises(
        BadSettings, match=r"csv:3: a veto of what line 2 forces together; take one of them out"
    ):
        read(folder, region="GB")


def test_a_check_reads_the_decisions(tmp_path: Path) -> None:
    """`wend check` tells bad lines, as a run would; it reads them before any source."""
    folder = project(tmp_path)
    written(
        folder, "join,user_id:1,user_id:2,grace,2026-03-31,x\nforce,ada,user_id:2,,2026-03-31,\n"
    )

    with pytest.raises(BadSettings) as refused:
        rehearse(load(folder), now=datetime(2026, 4, 1, tzinfo=UTC))

    lines = str(refused.value).splitlines()
    assert [line.split("identity_links.csv:")[1].split(",")[0] for line in lines] == [
        "2: rule is 'join'; write 'force'",
        "3: left names no namespace; write it as email:ada@example.org",
        "3: decided_by is empty; write who decided it",
    ]
