"""Short access logs are taken many at once, and land as the reader lands each."""

import gzip
import random
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from pipeline.landing import digests
from pipeline.landing.clocks import Clock
from pipeline.landing.containers import text_lines
from pipeline.landing.containers.text_lines import Block
from pipeline.landing.record import Event, Feed, Outcome, RawFile
from pipeline.landing.staging import plain_files
from pipeline.landing.web import access_log
from pipeline.landing.web.access_rows import event_keys
from pipeline.settings import Source
from tests.landing.landings import LARKSPUR, Landed, landed_together
from tests.landing.test_access_log import REAL, line
from tests.landing.test_access_log_fast import COMMON, lines

LOG = Source(format="access_log", path="raw/*")
ALONE = 2**60


def together(files: Mapping[str, bytes]) -> Landed:
    """What files become that are short, but enough to be read together."""
    return landed_together(LOG, files, fast_bytes=max(map(len, files.values())) + 1)


def assert_same(files: Mapping[str, bytes]) -> None:
    """Together they land as by the reader: to the file and the line."""
    assert sum(map(len, files.values())) > max(map(len, files.values()))
    plain, slow = together(files), landed_together(LOG, files, fast_bytes=ALONE)
    for one, other in zip(plain, slow, strict=True):
        assert_frame_equal(one, other)


def joined(*found: str) -> bytes:
    """A file of lines."""
    return "".join(f"{each}\n" for each in found).encode("utf-8", "surrogateescape")


def requests(first: int, count: int) -> list[str]:
    """Different requests for pages."""
    return [line(f"GET /p{number} HTTP/1.1") for number in range(first, first + count)]


SHOWN = [
    line(),
    line("GET /a.css HTTP/1.1"),
    line("GET /b.css HTTP/1.1", time="05/Jan/2026:23:30:00 -0100"),
    # The same request as the first and second, in a form that the reader alone reads.
    line().replace("] ", "] (0 s) "),
    line("GET /a.css HTTP/1.1").replace("] ", "] (0 s) "),
    line(user="5.7E+17"),
    line("GET /u/ada%40mail.example HTTP/1.1"),
    COMMON,
    "broken",
    "",
    "\udcff",
    "a\x00b",
]


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(
        st.lists(st.sampled_from(SHOWN) | lines(), min_size=1, max_size=8),
        min_size=2,
        max_size=6,
        unique_by=tuple,
    )
)
def test_short_logs_land_as_the_reader_lands_them(found: list[list[str]]) -> None:
    """Whatever stands in several of them: the same line of the same file is the one that lands."""
    assert_same({f"{number}.log": joined(*each) for number, each in enumerate(found)})


@pytest.mark.parametrize("size", [900, 3_000, text_lines.BLOCK])
def test_packs_of_any_size_land_alike(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Many short files, a long one among them, and files of which only a part is in each."""
    monkeypatch.setattr(text_lines, "BLOCK", size)
    few = random.Random(7)
    files = {
        f"{number:02}.log": joined(*few.choices([*SHOWN, *requests(0, 20)], k=few.randrange(1, 9)))
        for number in range(30)
    }
    files["long.log"] = joined(*requests(10, 25), *SHOWN)
    files["packed.log.gz"] = gzip.compress(joined(*requests(5, 40), *SHOWN))

    assert_same(files)


@pytest.mark.parametrize("size", [700, text_lines.BLOCK])
def test_a_bad_file_leaves_its_neighbours_alone(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """What is empty, no archive or broken off is refused by its own name, and nothing of it stays.

    Where it is long some of it was written before its end was seen.
    """
    monkeypatch.setattr(text_lines, "BLOCK", size)
    noise = random.Random(1)
    asked = [line(f"GET /{noise.randbytes(20).hex()} HTTP/1.1") for _ in range(200)]
    whole = gzip.compress(joined(*asked))
    files = {
        "1.log": joined(*requests(0, 9)),
        "2.log.gz": whole[: len(whole) - 900],
        "3.log": b"",
        "4.log.gz": b"no archive",
        # Some of what was broken off.
        "5.log": joined(*asked[:3], *requests(5, 9)),
        "6.log": joined(*requests(50, 200)),
    }

    assert_same(files)
    found = together(files)
    assert found.problems["path"].to_list() == ["raw/2.log.gz", "raw/3.log", "raw/4.log.gz"]
    assert sorted(found.files["path"]) == ["raw/1.log", "raw/5.log", "raw/6.log"]
    assert found.events.height == 14 + 3 + 200


def test_a_file_that_is_being_written_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left to the next run; the others land."""
    blocks = text_lines.blocks

    def read(file: RawFile) -> Iterator[Block]:
        yield from blocks(file)
        if file.path.name == "2.log":
            with file.path.open("ab") as log:
                log.write(joined(line("GET /late HTTP/1.1")))

    monkeypatch.setattr(text_lines, "blocks", read)
    found = together({f"{number}.log": joined(*requests(10 * number, 5)) for number in range(4)})

    told = ("raw/2.log", "changed while it was read; the next run takes it", False)
    assert found.problems.rows() == [told]
    assert found.files.height == 3
    assert found.events.height == 15


def test_common_short_logs_need_no_reader(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do they need a file of events each."""

    def unasked(*_: object) -> Iterator[Outcome]:
        raise AssertionError

    monkeypatch.setattr(access_log, "interpret", unasked)
    found = together({f"{number}.log": joined(*requests(9 * number, 9)) for number in range(20)})

    assert found.events.height == 180
    assert found.events["file_id"].n_unique() == 20
    assert found.files["landed_count"].to_list() == [9] * 20


def test_few_short_logs_are_the_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is soon read is not worth a look at all that landed before."""
    monkeypatch.setattr(text_lines, "blocks", None)
    files = {f"{number}.log": joined(line(f"GET /{number} HTTP/1.1")) for number in range(3)}

    assert landed_together(LOG, files, fast_bytes=2**20).events.height == 3


def test_after_a_long_history_few_files_are_the_readers(tmp_path: Path) -> None:
    """To look at all earlier events would take longer than to read them."""
    few = []
    for number in range(2):
        path = tmp_path / f"{number}.log"
        path.write_bytes(b"x" * 2**19)
        few.append(RawFile(path, path.name, f"shop-{9 - number}"))
    feed = Feed("shop", LOG, LARKSPUR, Clock(None, 0, 2**62))
    earlier = tmp_path / "events.parquet"
    pl.DataFrame({"event_id": ["a"] * (2**20 + 1)}).write_parquet(earlier)

    assert plain_files(feed, few, []) == few[::-1]
    assert plain_files(feed, few, [earlier]) == []
    assert plain_files(feed, few[:1], []) == []


@pytest.mark.skipif(not REAL.exists(), reason="the real logs are not here")
def test_a_real_log_that_was_rotated_lands_alike() -> None:
    """Ten thousand real requests in files of 250, each with the last lines of the one before."""
    real = REAL.read_bytes().splitlines(keepends=True)
    starts = range(0, len(real), 250)

    assert_same(
        {f"{start:05}.log": b"".join(real[max(0, start - 9) : start + 250]) for start in starts}
    )


def test_requests_are_known_as_the_gate_knows_them(tmp_path: Path) -> None:
    """What the reader made of a line is seen under the id that the gate gives it."""
    content = joined(*SHOWN, line(referrer="-", user="-", size="-"), line(status="404"))
    path = tmp_path / "log"
    path.write_bytes(content)
    feed = Feed("shop", LOG, LARKSPUR, Clock(None, 0, 2**62))
    read = access_log.read(RawFile(path, "log", "shop-1"), feed)
    events = [each for each in read if isinstance(each, Event)]
    ids = landed_together(LOG, {"log": content}, fast_bytes=ALONE).events["event_id"].unique()

    known = digests.text_keys(ids.to_arrow(compat_level=pl.CompatLevel.oldest()), 36)
    assert set(event_keys(events, "shop").tolist()) == set(known.tolist())
