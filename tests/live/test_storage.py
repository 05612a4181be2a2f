"""Objects of a real S3 server: each version of each object lands, and only what is new in it."""

import gzip
import json
from pathlib import Path
from typing import Any

import fsspec
import pytest

from pipeline.landing.live import storage
from pipeline.settings import Settings
from tests.live.projects import (
    counts,
    fetched,
    labels,
    land,
    land_killed,
    project,
    said,
)
from tests.live.servers import KEY, SECRET, free_port

COLUMNS = {
    "occurred_at": "at",
    "kind": "=call_answered",
    "label": "label",
    "identifiers": {"phone": "phone"},
}


@pytest.fixture
def bucket(
    object_storage: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> "Bucket":
    """A bucket of this test's own; the environment holds its key."""
    monkeypatch.setenv("LOGS_KEY", KEY)
    monkeypatch.setenv("LOGS_SECRET", SECRET)
    system = fsspec.filesystem(
        "s3",
        key=KEY,
        secret=SECRET,
        endpoint_url=object_storage,
        skip_instance_cache=True,
        use_listings_cache=False,
    )
    name = f"bucket-{abs(hash(request.node.name))}"
    system.mkdir(name)
    return Bucket(system, name, object_storage)


class Bucket:
    """A bucket that calls are put into."""

    def __init__(self, system: Any, name: str, url: str) -> None:
        """Take the bucket `name` of a file system."""
        self.system, self.name, self.url = system, name, url

    def put(self, key: str, *names: str) -> None:
        """Write an object with one call for each label."""
        lines = "".join(
            json.dumps({"at": "2026-02-01T10:00:00Z", "label": label, "phone": "+442079460000"})
            + "\n"
            for label in names
        )
        content = gzip.compress(lines.encode(), mtime=0) if key.endswith(".gz") else lines.encode()
        self.system.pipe_file(f"{self.name}/{key}", content)


def calls(folder: Path, bucket: Bucket, *, path: str = "calls/**/*", **more: Any) -> Settings:
    """A project whose shop is the calls in the bucket."""
    section = {
        "options": {"endpoint_url": bucket.url},
        "options_env": {"key": "LOGS_KEY", "secret": "LOGS_SECRET"},
        **more,
    }
    return project(
        folder,
        {
            "format": "generic",
            "channel": "phone",
            "path": f"s3://{bucket.name}/{path}",
            "columns": COLUMNS,
            "storage": section,
        },
    )


def test_new_objects_land_and_a_second_fetch_takes_nothing(bucket: Bucket, tmp_path: Path) -> None:
    """Packed or not, in whatever folder; an object keeps its own name."""
    bucket.put("calls/2026/02.jsonl.gz", "a", "b")
    bucket.put("calls/now.jsonl", "c")
    bucket.put("other/now.jsonl", "d")
    settings = calls(tmp_path, bucket)

    landing = land(settings)
    again = land(settings, night=2)

    assert said(landing) == ""
    assert counts(landing) == {"landed": 3, "duplicate": 0}
    assert (again.problems, again.files.height) == ((), 0)
    assert fetched(settings) == [
        f"00000001/files/{bucket.name}/calls/2026/02.jsonl.gz",
        f"00000001/files/{bucket.name}/calls/now.jsonl",
    ]


def test_a_late_object_lands_whatever_its_name(bucket: Bucket, tmp_path: Path) -> None:
    """An object whose name stands before all known ones is found."""
    settings = calls(tmp_path, bucket)
    bucket.put("calls/2026-02-02.jsonl", "a")
    land(settings)
    bucket.put("calls/2026-02-01.jsonl", "late")

    land(settings, night=2)

    assert labels(settings) == {"a": 1, "late": 1}


def test_a_rewritten_object_lands_its_new_records(bucket: Bucket, tmp_path: Path) -> None:
    """Rewritten within the same second to the same length, it is still seen to be another."""
    settings = calls(tmp_path, bucket)
    bucket.put("calls/day.jsonl", "a", "b")
    land(settings)
    bucket.put("calls/day.jsonl", "a", "c")

    landing = land(settings, night=2)

    assert counts(landing) == {"landed": 1, "duplicate": 1}
    assert labels(settings) == {"a": 1, "b": 1, "c": 1}


def test_objects_of_one_instant_land_exactly_once(bucket: Bucket, tmp_path: Path) -> None:
    """Objects written while others were fetched, in the same second, lose none."""
    settings = calls(tmp_path, bucket)
    for night in range(1, 4):
        for number in range(5):
            bucket.put(f"calls/{number}-{night}.jsonl", f"{night}-{number}")
        land(settings, night=night)

    assert len(labels(settings)) == 15
    assert set(labels(settings).values()) == {1}


def test_objects_are_committed_in_parts(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first fetch that is broken off keeps what it has."""
    monkeypatch.setattr(storage, "PART_OBJECTS", 2)
    for number in range(5):
        bucket.put(f"calls/{number}.jsonl", str(number))
    settings = calls(tmp_path, bucket)

    land(settings)

    assert [name[:8] for name in fetched(settings)] == [
        "00000001",
        "00000001",
        "00000002",
        "00000002",
        "00000003",
    ]


@pytest.mark.parametrize("commit", [1, 2])
def test_a_killed_fetch_loses_and_repeats_nothing(
    bucket: Bucket, tmp_path: Path, commit: int
) -> None:
    """Killed before the fetch is committed, or between it and its landing."""
    settings = calls(tmp_path, bucket)
    bucket.put("calls/1.jsonl", "a")

    land_killed(settings, commit)
    assert labels(settings) == {}
    bucket.put("calls/0.jsonl", "b")
    land(settings)

    assert labels(settings) == {"a": 1, "b": 1}


def test_an_object_that_changes_while_it_is_fetched_waits(
    bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pieces of two versions never land; the next run takes the whole object."""
    monkeypatch.setattr(storage, "PIECE_BYTES", 0)
    bucket.put("calls/1.jsonl", "a", "b")
    bucket.put("calls/2.jsonl", "c")
    settings = calls(tmp_path, bucket)
    listed = storage._listed

    def then_rewritten(system: Any, path: str) -> list[storage.Object]:
        found = listed(system, path)
        bucket.put("calls/1.jsonl", "a", "x")
        return found

    monkeypatch.setattr(storage, "_listed", then_rewritten)
    first = land(settings)
    monkeypatch.setattr(storage, "_listed", listed)
    land(settings, night=2)

    assert "changed while it was fetched" in said(first)
    assert labels(settings) == {"a": 1, "x": 1, "c": 1}


def test_a_vanished_listing_is_said(bucket: Bucket, tmp_path: Path) -> None:
    """Where there were objects and are none, somebody should look; what was fetched stays."""
    settings = calls(tmp_path, bucket)
    bucket.put("calls/1.jsonl", "a")
    land(settings)
    bucket.system.rm(f"{bucket.name}/calls", recursive=True)

    landing = land(settings, night=2)

    assert "lists no object any more" in said(landing)
    assert labels(settings) == {"a": 1}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"LOGS_SECRET": "hunter2"}, "signature"),
        ({"LOGS_KEY": "hunter2"}, "s3://"),
        ({"LOGS_SECRET": ""}, "LOGS_SECRET is not set"),
    ],
)
def test_a_wrong_key_is_said_without_it(
    bucket: Bucket,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, str],
    message: str,
) -> None:
    """The storage's refusal is told, and nothing of key or secret."""
    bucket.put("calls/1.jsonl", "a")
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)

    told = said(land(calls(tmp_path, bucket)))

    assert message in told
    assert "hunter2" not in told
    assert SECRET not in told


@pytest.mark.parametrize(
    ("path", "section", "message"),
    [
        ("nothing/*", {}, "nothing to fetch yet"),
        ("calls/**.jsonl", {}, "'**' can only be an entire path component"),
        ("calls/*", {"options": {"endpoint_url": f"http://127.0.0.1:{free_port()}"}}, "connect"),
    ],
)
def test_what_cannot_be_fetched_is_a_problem_of_its_source(
    bucket: Bucket, tmp_path: Path, path: str, section: dict[str, Any], message: str
) -> None:
    """An empty listing, a glob that is none, a storage that is down."""
    bucket.put("calls/1.jsonl", "a")

    assert message in said(land(calls(tmp_path, bucket, path=path, **section)))


@pytest.mark.parametrize(
    ("key", "is_path"),
    [
        ("bucket/a/b.csv", True),
        ("bucket/../../etc/passwd", False),
        ("bucket//a", False),
        ("/etc/passwd", False),
        ("bucket/./a", False),
        ("bucket/" + "a" * 256, False),
        ("bucket/a\0", False),
    ],
)
def test_a_key_that_leaves_its_folder_is_no_path(key: str, *, is_path: bool) -> None:
    """Keys are any text; only those that are files below a folder are written."""
    assert storage._is_path(key) == is_path
