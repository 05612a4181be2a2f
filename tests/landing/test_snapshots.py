"""Full exports without history: what changed between two of them, nothing lost, nothing made up."""

import json
import random
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.errors import BadSettings
from pipeline.landing import gate, ledger
from pipeline.landing.gate import Landing
from pipeline.landing.ledger import Night
from pipeline.settings import Settings, load
from tests.test_real_data import SHARED

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
MAPPING: dict[str, Any] = {
    "object_kind": "deal",
    "key": ["id"],
    "label": "stage",
    "watch": ["owner"],
    "identifiers": {"email": "email"},
    "file_date": "deals_%Y-%m-%d.csv",
    "ignore": ["noise"],
}
HEADER = "id,stage,owner,email,noise"

Table = Mapping[str, tuple[str, str, str]]


def project(folder: Path, **changed: Any) -> Settings:
    """A project whose one source is a nightly export of deals."""
    mapping = {name: value for name, value in (MAPPING | changed).items() if value is not None}
    return Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur"},
            "sources": {
                "deals": {
                    "format": "snapshot",
                    "path": "raw/*",
                    "time_zone": "UTC",
                    "snapshot": mapping,
                }
            },
        }
    )


def put(folder: Path, name: str, *lines: str) -> None:
    """An export with these lines."""
    (folder / "raw").mkdir(exist_ok=True)
    (folder / "raw" / name).write_text("".join(f"{line}\n" for line in lines))


def day(number: int) -> str:
    """The name of the export of a day in January."""
    return f"deals_2026-01-{number:02}.csv"


def land(company: Settings, night: int = 1) -> Landing:
    """Land what is new at a fixed instant."""
    return gate.land(company, company.lake, Night(night, frozenset(), NOW), tell=lambda *_: None)


def told(company: Settings) -> list[dict[str, Any]]:
    """The events in their order."""
    events = ledger.landed_table(company.lake, "events").collect()
    if events.is_empty():
        return []
    rows = events.sort("occurred_at", "object_id", "kind").to_dicts()
    return [row | {"properties": json.loads(row["properties"])} for row in rows]


def short(company: Settings) -> list[tuple[str, str, str, str | None]]:
    """Day, kind, object and label of each event."""
    return [
        (f"{row['occurred_at']:%d}", row["kind"], row["object_id"], row["label"])
        for row in told(company)
    ]


def counts(landing: Landing) -> dict[str, int]:
    """The accounting equation over all files landed, without what is zero."""
    names = ("record", "landed", "duplicate", "quarantined", "ignored")
    found = {name: int(landing.files[f"{name}_count"].sum()) for name in names}
    return {name: count for name, count in found.items() if count}


def reasons(landing: Landing) -> list[str]:
    """Why files were not taken."""
    return [problem.reason for problem in landing.problems]


def test_rows_that_appear_change_and_go_are_events(tmp_path: Path) -> None:
    """Listed at first, then created, changed and removed; a row as it was is left out."""
    company = project(tmp_path)
    put(tmp_path, day(1), HEADER, "1,New,Ann,a@x.example,", "2,New,Bob,b@x.example,")
    put(tmp_path, day(2), HEADER, "1,Won,Ann,a@x.example,!", "2,New,Bob,b@x.example,!", "3,New,,,")
    put(tmp_path, day(3), HEADER, "2,New,Cid,b@x.example,", "3,New,,,")

    landing = land(company)

    assert short(company) == [
        ("01", "deal_listed", "1", "New"),
        ("01", "deal_listed", "2", "New"),
        ("02", "deal_changed", "1", "Won"),
        ("02", "deal_created", "3", "New"),
        ("03", "deal_removed", "1", "Won"),
        ("03", "deal_changed", "2", None),
    ]
    assert told(company)[2]["properties"] == {
        "changed": {"stage": ["New", "Won"]},
        "previous_snapshot": "2026-01-01",
    }
    assert told(company)[5]["properties"]["changed"] == {"owner": ["Bob", "Cid"]}
    # The end of the third file is a record of its own: something is gone.
    assert counts(landing) == {"record": 2 + 3 + 2 + 1, "landed": 6, "ignored": 2}
    assert landing.files["ignored_rules"].to_list() == [
        "{}",
        '{"unchanged": 1}',
        '{"unchanged": 1}',
    ]


def test_whom_a_row_names_is_on_each_of_its_events(tmp_path: Path) -> None:
    """Even once it is gone; a changed address is a change, told without the address itself."""
    company = project(tmp_path)
    put(tmp_path, day(1), HEADER, "1,New,Ann,a@x.example,")
    put(tmp_path, day(2), HEADER, "1,New,Ann,A2@x.example,")
    put(tmp_path, day(3), HEADER, "2,New,Ann,,")

    land(company)

    people = ledger.landed_table(company.lake, "identifiers").collect().sort("occurred_at")
    assert people.select("role", "value").rows() == [
        ("subject", "a@x.example"),
        ("subject", "a2@x.example"),
        ("subject", "a2@x.example"),
    ]
    assert told(company)[1]["properties"] == {
        "changed": {},
        "changed_identifiers": ["email"],
        "previous_snapshot": "2026-01-01",
    }


def test_another_spelling_of_an_address_is_no_change(tmp_path: Path) -> None:
    """Nor is one that was told before; an address that a spreadsheet damaged is refused."""
    company = project(tmp_path)
    put(tmp_path, day(1), HEADER, "1,New,Ann,a@x.example,")
    put(tmp_path, day(2), HEADER, "1,New,Ann,A@X.example,")
    put(tmp_path, day(3), HEADER, "1,New,Ann,5.7E+17,")

    landing = land(company)

    assert counts(landing) == {"record": 3, "landed": 1, "quarantined": 1, "ignored": 1}


def test_files_land_in_the_order_they_were_taken_not_named(tmp_path: Path) -> None:
    """By the date in the name, wherever it stands."""
    company = project(tmp_path, file_date="%d-%m-%Y*.csv")
    put(tmp_path, "01-02-2026 deals.csv", HEADER, "1,Won,,,")
    put(tmp_path, "31-01-2026 deals.csv", HEADER, "1,New,,,")

    assert reasons(land(company)) == []
    assert [kind for _, kind, _, _ in short(company)] == ["deal_listed", "deal_changed"]


def test_the_same_rows_on_another_day_are_another_snapshot(tmp_path: Path) -> None:
    """What went back to how it was has changed twice, though two files hold the same bytes."""
    company = project(tmp_path)
    put(tmp_path, day(1), HEADER, "1,New,,,")
    put(tmp_path, day(2), HEADER, "1,Won,,,")
    put(tmp_path, day(3), HEADER, "1,New,,,")

    land(company)

    assert [label for _, _, _, label in short(company)] == ["New", "Won", "New"]


def test_landing_again_does_nothing(tmp_path: Path) -> None:
    """A file that landed is known; a copy of it in another packing changes nothing."""
    company = project(tmp_path, file_date="deals_%Y-%m-%d*")
    put(tmp_path, day(1), HEADER, "1,New,,,")
    land(company)

    assert land(company, 2).files.height == 0
    put(tmp_path, "deals_2026-01-01 again.csv", HEADER, "1,New,,,other noise")
    assert counts(land(company, 3)) == {"record": 1, "ignored": 1}
    assert len(told(company)) == 1


@pytest.mark.parametrize(
    ("name", "lines", "reason"),
    [
        (day(4), ("1,Lost,,,",), "before the last snapshot landed, of 2026-01-05: its changes"),
        (day(5), ("1,Lost,,,", "2,New,,,", "3,New,,,"), "another snapshot of 2026-01-05"),
        (day(6), ("1,New,,,",), "has 1 rows where the last snapshot had 3 objects"),
        ("leads.csv", ("1,New,,,",), "its name does not follow file_date = 'deals_%Y-%m-%d.csv'"),
        ("deals_2026-02-31.csv", ("1,New,,,",), "the date in its name: "),
        ("deals_2027-01-01.csv", ("1,New,,,",), "the date in its name: time in the future"),
    ],
)
def test_a_snapshot_that_cannot_be_compared_is_refused(
    tmp_path: Path, name: str, lines: tuple[str, ...], reason: str
) -> None:
    """With what to do; nothing of it lands, and the next good one goes on from the last."""
    company = project(tmp_path)
    put(tmp_path, day(5), HEADER, "1,New,,,", "2,New,,,", "3,New,,,")
    land(company)
    (tmp_path / "raw" / day(5)).unlink()
    put(tmp_path, name, HEADER, *lines)

    (said,) = reasons(land(company, 2))

    assert reason in said
    put(tmp_path, day(7), HEADER, "1,New,,,", "2,Won,,,", "3,New,,,")
    land(company, 3)
    assert short(company)[3:] == [("07", "deal_changed", "2", "Won")]


def test_so_many_may_be_gone_if_it_is_said(tmp_path: Path) -> None:
    """`least_share` is how far an export may shrink."""
    company = project(tmp_path, least_share=0.1)
    put(tmp_path, day(1), HEADER, *(f"{number},New,,," for number in range(9)))
    put(tmp_path, day(2), HEADER, "1,New,,,")

    assert reasons(land(company)) == []
    assert [kind for _, kind, _, _ in short(company)[9:]] == ["deal_removed"] * 8


def test_an_object_whose_row_cannot_be_read_stays_as_it_was(tmp_path: Path) -> None:
    """It is neither removed nor changed, and its row is quarantined with the reason."""
    company = project(tmp_path, amount="owner")
    put(tmp_path, day(1), HEADER, "1,New,5,,", "2,New,5,,")
    put(tmp_path, day(2), HEADER, "1,New,many,,", "2,New,5,,")
    put(tmp_path, day(3), HEADER, "1,New,7,,", "2,New,5,,")

    landing = land(company)

    assert counts(landing) == {"record": 6, "landed": 3, "quarantined": 1, "ignored": 2}
    (last,) = told(company)[2:]
    assert last["properties"]["changed"] == {"owner": ["5", "7"]}
    assert last["amount_cents"] == 700


@pytest.mark.parametrize("broken", [",New,,,", "5.70306E+17,New,,,", "1,New"])
def test_without_its_key_no_row_says_what_is_gone(tmp_path: Path, broken: str) -> None:
    """The unreadable row may be the one that is missed; a later whole snapshot tells."""
    company = project(tmp_path)
    put(tmp_path, day(1), HEADER, "1,New,,,", "2,New,,,")
    put(tmp_path, day(2), HEADER, "2,New,,,", broken)
    put(tmp_path, day(3), HEADER, "2,New,,,")

    landing = land(company)

    assert counts(landing)["quarantined"] == 1
    assert short(company)[2:] == [("03", "deal_removed", "1", "New")]


def test_rows_that_contradict_one_another_are_refused(tmp_path: Path) -> None:
    """Nobody can say which of them holds; the same row twice is one."""
    company = project(tmp_path)
    put(tmp_path, day(1), HEADER, "1,New,,,", "2,New,,,", "2,New,,,x")
    put(tmp_path, day(2), HEADER, "1,Won,,,", "1,Lost,,,", "2,New,,,")

    landing = land(company)

    assert counts(landing) == {"record": 6, "landed": 2, "quarantined": 2, "ignored": 2}
    assert [kind for _, kind, _, _ in short(company)] == ["deal_listed"] * 2


def test_an_objects_own_times_are_used_where_they_can_be_true(tmp_path: Path) -> None:
    """Created then, and now as listed; changed since the last snapshot, or by this one."""
    company = project(tmp_path, created_at="made", changed_at="touched", ignore=["noise", "x"])
    head = "id,stage,owner,email,noise,made,touched,x"
    old, new = "2025-06-01T08:00:00Z", "2026-01-01T09:00:00Z"
    put(tmp_path, day(1), head, f"1,Won,,,,{old},,", f"2,New,,,,{old},,")
    put(
        tmp_path, day(2), head,
        f"1,Lost,,,,{old},2026-01-01T15:00:00Z,", f"2,Won,,,,{old},{old},", f"3,New,,,,{new},,",
    )  # fmt: skip

    land(company)

    assert [
        (f"{row['occurred_at']:%m-%d %H}", row["kind"], row["object_id"], row["label"])
        for row in told(company)
    ] == [
        ("06-01 08", "deal_created", "1", None),
        ("06-01 08", "deal_created", "2", None),
        ("01-01 00", "deal_listed", "1", "Won"),
        ("01-01 00", "deal_listed", "2", "New"),
        ("01-01 09", "deal_created", "3", "New"),
        ("01-01 15", "deal_changed", "1", "Lost"),
        ("01-02 00", "deal_changed", "2", "Won"),
    ]


def test_the_instant_may_stand_in_a_column(tmp_path: Path) -> None:
    """The same in all rows of a file; a table of many days is to be split."""
    company = project(
        tmp_path, file_date=None, taken_at="day", watch=["*"], ignore=[], identifiers={}
    )
    put(tmp_path, "b.csv", "id,stage,day", "1,New,2026-01-01", "2,New,2026-01-01")
    put(tmp_path, "a.csv", "id,stage,day", "1,Won,2026-01-02", "2,New,2026-01-02")
    put(tmp_path, "c.csv", "id,stage,day", "1,Won,2026-01-03", "2,New,2026-01-04")

    (said,) = reasons(land(company))

    assert "one file is one snapshot" in said
    assert [label for _, _, _, label in short(company)] == ["New", "New", "Won"]


def test_json_lines_and_parquet_say_the_same(tmp_path: Path) -> None:
    """The container makes no difference; several columns may be the key."""
    company = project(
        tmp_path, file_date="%Y-%m-%d*", key=["region", "id"], watch=["vip"], identifiers={},
        ignore=[],
    )  # fmt: skip
    (tmp_path / "raw").mkdir()
    rows = [{"region": "a/b", "id": 1, "stage": "New", "vip": "no"}]
    (tmp_path / "raw" / "2026-01-01.jsonl").write_text(json.dumps(rows[0]) + "\n")
    pl.DataFrame(rows).write_parquet(tmp_path / "raw" / "2026-01-02.parquet")
    (tmp_path / "raw" / "2026-01-03.json").write_text(json.dumps([rows[0] | {"vip": "yes"}]))

    assert reasons(land(company)) == []
    assert short(company) == [
        ("01", "deal_listed", "a%2Fb/1", "New"),
        ("03", "deal_changed", "a%2Fb/1", None),
    ]


def test_a_column_without_a_place_is_refused(tmp_path: Path) -> None:
    """As for any mapped source."""
    company = project(tmp_path)
    put(tmp_path, day(1), f"{HEADER},plan", "1,New,,,,gold")

    (said,) = reasons(land(company))

    assert "unexpected column plan" in said


@pytest.mark.parametrize(
    ("section", "reason"),
    [
        ("", "format 'snapshot' and a [sources.deals.snapshot] section need one another"),
        ("[sources.deals.snapshot]\nobject_kind='deal'\nkey=['id']", "by taken_at or by file_date"),
        (
            "[sources.deals.snapshot]\nobject_kind='deal'\nkey=[]\ntaken_at='day'",
            "at least 1 item",
        ),
    ],
)
def test_a_mapping_that_cannot_be_meant_is_refused(
    tmp_path: Path, section: str, reason: str
) -> None:
    """When the configuration is read, with the line."""
    source = "[company]\nname='x'\n[sources.deals]\nformat='snapshot'\npath='raw/*'\n"
    (tmp_path / "wend.toml").write_text(source + section)

    with pytest.raises(BadSettings) as said:
        load(tmp_path)

    assert reason in str(said.value)


cells = st.sampled_from(["", "New", "Won", "a, b", 'say "so"', "0.10", "é"])
rows = st.tuples(cells, cells, st.sampled_from(["", "a@x.example", "b@x.example"]))
tables = st.dictionaries(st.sampled_from([str(number) for number in range(6)]), rows, max_size=6)


def replayed(company: Settings) -> dict[str, dict[str, str]]:
    """The values that the change events lead to."""
    state: dict[str, dict[str, str]] = {}
    for row in told(company):
        verb, said = row["kind"].removeprefix("deal_"), row["properties"]
        if verb in {"listed", "created"}:
            assert row["object_id"] not in state
            state[row["object_id"]] = dict(said["values"])
        elif verb == "removed":
            del state[row["object_id"]]
        for name, (old, new) in said.get("changed", {}).items():
            assert state[row["object_id"]].pop(name, None) == old
            if new is not None:
                state[row["object_id"]][name] = new
    return state


def export(table: Table, seed: int) -> Iterable[str]:
    """A table as CSV lines, its rows in some order."""
    lines = [
        ",".join([key, *('"{}"'.format(cell.replace('"', '""')) for cell in row), str(seed)])
        for key, row in sorted(table.items())
    ]
    random.Random(seed).shuffle(lines)
    return [HEADER, *lines]


@given(st.lists(tables, min_size=1, max_size=5), st.sets(st.integers(1, 5)), st.integers(0, 99))
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_events_replay_to_the_last_snapshot(
    tmp_path_factory: pytest.TempPathFactory, nights: list[Table], stops: set[int], seed: int
) -> None:
    """Whatever the tables, in whichever runs they land: the same events, and the last state."""
    folders = [tmp_path_factory.mktemp("whole"), tmp_path_factory.mktemp("parts")]
    whole, parts = (project(folder, least_share=0) for folder in folders)
    for number, table in enumerate(nights, start=1):
        for place, folder in enumerate(folders):
            put(folder, day(number), *export(table, seed + place))
        if number in stops:
            assert reasons(land(parts, number)) == []

    assert reasons(land(whole)) == reasons(land(parts, 9)) == []

    last = {
        key: {name: cell for name, cell in (("stage", row[0]), ("owner", row[1])) if cell}
        for key, row in nights[-1].items()
    }
    assert replayed(whole) == last
    assert [row["event_id"] for row in told(whole)] == [row["event_id"] for row in told(parts)]


def test_a_killed_run_leaves_state_and_events_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two snapshots, the run that takes over goes on from the last whole one."""
    company = project(tmp_path)
    put(tmp_path, day(1), HEADER, "1,New,,,")
    put(tmp_path, day(2), HEADER, "1,Won,,,")
    put(tmp_path, day(3), HEADER, "1,Lost,,,")
    commit, done = ledger.commit, []

    def killed(staging: Path, target: Path) -> None:
        if len(done) == 1:
            raise KeyboardInterrupt
        done.append(target)
        commit(staging, target)

    monkeypatch.setattr(ledger, "commit", killed)
    with pytest.raises(KeyboardInterrupt):
        land(company)
    assert len(short(company)) == 1
    monkeypatch.setattr(ledger, "commit", commit)

    land(company)

    assert [label for _, _, _, label in short(company)] == ["New", "Won", "Lost"]


def test_a_real_customer_table_is_compared_row_by_row(tmp_path: Path) -> None:
    """Nothing of it changes but what we change; every row is accounted for."""
    real = SHARED / "churn_telco"
    if not real.is_dir():
        pytest.skip(f"the real data is not here: {real}")
    (path,) = real.glob("*.csv")
    header, *lines = path.read_text(encoding="utf-8-sig").splitlines()
    company = project(
        tmp_path, object_kind="customer", key=["customerID"], label="Contract", watch=["*"],
        identifiers={"user_id": "customerID"}, ignore=[], file_date="telco_%Y-%m-%d.csv",
    )  # fmt: skip
    put(tmp_path, "telco_2026-01-01.csv", header, *lines)
    moved = lines[1].replace("One year", "Two year")
    put(tmp_path, "telco_2026-01-02.csv", header, *reversed([lines[0], moved, *lines[3:]]))

    landing = land(company)

    count = len(lines)
    assert counts(landing) == {
        "record": count + count - 1 + 1,
        "landed": count + 2,
        "ignored": count - 2,
    }
    kinds = ledger.landed_table(company.lake, "events").group_by("kind").len().collect()
    assert dict(kinds.rows()) == {
        "customer_listed": count,
        "customer_changed": 1,
        "customer_removed": 1,
    }
