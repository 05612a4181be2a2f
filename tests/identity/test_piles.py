"""Stitching by piles: what many piles in files make is what one in memory makes."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from pipeline.identity import customers, hashes, piles
from pipeline.identity.customers import stitch
from pipeline.identity.hashes import sorted_by
from pipeline.identity.piles import Piles
from pipeline.identity.policy import of
from pipeline.settings import Company, Identity
from pipeline.warehouse import connect
from tests.identity.sightings import sightings

PEOPLE = 40


def _rows() -> pl.DataFrame:
    """Log-ins, contacts of three identifiers, merges, repeats, second versions and a kiosk."""
    lines = ["event | identifier | role | source | is_merge | is_authenticated | day"]
    for person in range(PEOPLE):
        account, email = f"user_id:U{person}", f"email:p{person}@a.example"
        cookie, merge = f"anonymous_id:c{person % 33}", str(person % 9 == 0).lower()
        day = 1 + person % 28
        events = [
            (f"a{person}", (account, cookie), "actor | web | false | true"),
            (f"a{person}", (account, cookie), "actor | shop | false | false"),
            (
                f"b{person}",
                (f"hubspot_contact:{person}", email, "phone:+441"),
                "subject | hubspot | false | false",
            ),
            (f"c{person}", (email, account), "actor | web | false | true"),
            (
                f"d{person}",
                (f"anonymous_id:k{person}", "anonymous_id:kiosk", account),
                f"actor | web | {merge} | false",
            ),
            (f"e{person}", (cookie,), "actor | web | false | false"),
        ]
        lines += [
            f"{event} | {name} | {how} | {day}" for event, names, how in events for name in names
        ]
    return sightings("\n".join(lines))


def _stitched(rows: pl.DataFrame, folder: Path) -> dict[str, pl.DataFrame]:
    """The tables of these rows, with what is put aside in `folder`."""
    with connect(
        ":memory:", threads=1, memory_gib=1, temp_gib=1, temp_folder=folder / "temp"
    ) as con:
        con.register("linkable_identifiers", rows)
        stitch(con, policy=of(Identity(), Company(name="Larkspur")), key=b"key", out=folder / "out")
    return {path.stem: pl.read_parquet(path) for path in sorted((folder / "out").glob("*.parquet"))}


def _many_piles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pile for a few rows, and files for a few of them."""
    monkeypatch.setattr(piles, "PILE_ROWS", 16)
    monkeypatch.setattr(piles, "HELD_BYTES", 512)


def test_many_piles_make_the_tables_that_one_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How many rows are worked through together changes no row, and no order."""
    rows = _rows()
    one = _stitched(rows, tmp_path / "one")
    _many_piles(monkeypatch)
    many = _stitched(rows, tmp_path / "many")

    assert piles.bits_of(rows.height) > 2
    assert one["customer_links"].height > PEOPLE
    assert many.keys() == one.keys()
    assert [name for name in one if not many[name].equals(one[name])] == []
    assert not list((tmp_path / "many" / "temp").iterdir())


def test_files_of_piles_are_gone_after_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They hold personal data."""
    _many_piles(monkeypatch)

    def fails(*_: object) -> None:
        assert list((tmp_path / "temp").rglob("*"))
        raise OSError("no room")

    monkeypatch.setattr(customers, "group", fails)
    with pytest.raises(OSError, match="no room"):
        _stitched(_rows(), tmp_path)

    assert not list((tmp_path / "temp").iterdir())


def test_each_row_is_taken_once_from_the_pile_of_its_hash(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it has been written to the pile's file, is still held, or both."""
    monkeypatch.setattr(piles, "HELD_BYTES", 100)
    held = Piles(tmp_path, "numbers", count=4, kind="u8")
    keys = np.array([7, 2**62, 2**63, 2**64 - 1, 8], dtype=np.uint64)
    for part in (keys[:3], keys[3:], np.tile(keys, 3), keys[:1]):
        held.spread(part, part)

    assert [held.take(pile).tolist() for pile in range(4)] == [
        [7, 8, 7, 8, 7, 8, 7, 8, 7],
        [2**62] * 4,
        [2**63] * 4,
        [2**64 - 1] * 4,
    ]
    assert held.take(0).size == 0
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("alike", [0, 8])
def test_hashes_that_differ_in_their_last_bits_alone_are_sorted_too(alike: int) -> None:
    """The short way that leaves room for row numbers would take them for equal."""
    keys = np.array([2**55 + 3, 2**55 + 1, 5, 2**55 + 2, 5, 2**55 + 1], dtype=np.uint64)

    order, ascending = sorted_by(keys, alike=alike)

    assert ascending.tolist() == sorted(keys.tolist())
    assert order.tolist() == [2, 4, 1, 5, 3, 0]


def test_hashes_are_found_among_others_wherever_they_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Below all, above all, between two, and twice; some at a time, in whatever order."""
    monkeypatch.setattr(hashes, "SLICE_ROWS", 3)
    known = np.array([4, 4, 7, 2**63, 2**64 - 2], dtype=np.uint64)
    wanted = np.array([0, 4, 4, 5, 7, 8, 2**63, 2**64 - 2, 2**64 - 1], dtype=np.uint64)

    for sought in (wanted, wanted[::-1]):
        found = hashes.among(known, sought, hashes.starts(known))
        assert found.tolist() == np.isin(sought, known).tolist()
    assert not hashes.among(known[:0], wanted, hashes.starts(known[:0])).any()
    assert hashes.among(known, wanted[:0], hashes.starts(known)).size == 0
