"""Files in which people decided who is who lose the lines about the person, and no others."""

from pathlib import Path

import pytest

from pipeline.identity.matching.review import reference
from pipeline.privacy import decided
from pipeline.privacy.person import Person
from tests.privacy.visits import ADA, project

PAIR = reference("email:ada@home.example", "email:bob@home.example")
PERSON = Person(ADA, (), (), pairs=(PAIR,))
HEADER = "rule,left,right,decided_by,decided_on,why\n"
HIS = "veto,user_id:BO10002,user_id:CY10003,Grace,2026-01-01,known\n"


@pytest.mark.parametrize(
    "theirs",
    [
        "force,email:ADA@home.example,user_id:BO10002,Grace,2026-01-01,known\n",
        "veto,user_id:BO10002,phone: 07200 673115,Grace,2026-01-01,known\n",
        'force,user_id:AD10001,user_id:BO10002,Grace,2026-01-01,"called,\nand wrote"\n',
    ],
)
def test_a_decision_about_the_person_goes(theirs: str, tmp_path: Path) -> None:
    """However it is written; what was decided about others keeps every byte."""
    path = tmp_path / "identity_links.csv"
    path.write_text(HEADER + HIS + theirs + HIS)
    company = project(tmp_path)

    assert decided.count(company, PERSON) == {"decisions": 1}
    assert decided.take_out(company, PERSON) == {"decisions": 1}

    assert path.read_text() == HEADER + HIS + HIS


def test_a_reason_that_names_the_person_loses_the_name(tmp_path: Path) -> None:
    """The decision is about others, and stands."""
    path = tmp_path / "identity_links.csv"
    said = "veto;user_id:BO10002;user_id:CY10003;Grace;2026-01-01;ask {}\r\n"
    header = HEADER.replace(",", ";").replace("\n", "\r\n")
    path.write_bytes((header + said.format("AD10001")).encode("utf-16"))

    decided.take_out(project(tmp_path), PERSON)

    assert path.read_bytes().decode("utf-16") == header + said.format("[erased]")


def test_a_pair_to_be_reviewed_goes(tmp_path: Path) -> None:
    """A review file shows no identifier, only what the pair is called."""
    path = tmp_path / "match_review_grace.csv"
    header = "pair,probability,what_speaks,left,right,decision\n"
    other = "p0011223344556677,0.500,name,B***b,C***y,\n"
    path.write_text(f"{header}{PAIR},0.700,name,A***a,B***b,same\n{other}")

    assert decided.take_out(project(tmp_path), PERSON) == {"review lines": 1}

    assert path.read_text() == header + other
