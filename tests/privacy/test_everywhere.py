"""After an erasure no byte of a project with everything in it knows the person.

Matching, a review file, what people decided, the arrays of `wend explain`, a web log that goes
straight to Parquet, and hashes in other people's notes. The search is a few lines of its own.
"""

import base64
import gzip
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from subprocess import CompletedProcess

import duckdb
import numpy as np
import polars as pl
import pytest

from pipeline.identity.matching.review import reference
from pipeline.landing.staging import FAST_BYTES
from tests.identity.people import register
from tests.identity.projects import DECISIONS

pytest.importorskip("splink", reason="matching needs the extra `match`")
Wend = Callable[..., CompletedProcess[str]]

SETTINGS = """
[company]
name = "Larkspur"

[identity]
alarm_merged_share = 1.0
[identity.match]

[sources.desk]
format = "generic"
channel = "store"
path = "raw/desk.csv"
[sources.desk.columns]
occurred_at = "at"
kind = "=visit_noted"
own_id = "id"
text = "said"
identifiers = { desk_card = "card", user_id = "account", email = "email" }
properties = ["note"]
[sources.desk.columns.attributes]
given_name = "given_name"
family_name = "family_name"
birth_on = "birth_on"
street = "street"
postcode = "postcode"

[sources.web]
format = "segment"
path = "raw/web.jsonl"
"""
ACCOUNT, ADDRESS, COOKIE = "account-000003", "Ada.Three@home.example", "6e943e13-b978-5465-058c"


def people(note: str) -> pl.DataFrame:
    """Visits to a desk; the third person has an account, and somebody's note holds `note`."""
    columns = ("given_name", "family_name", "birth_on", "street", "postcode")
    told = register("shop", persons=150, seed=4, columns=columns).sort("id").drop("person")
    number = pl.col("id")
    return told.with_columns(
        at=pl.lit("2026-03-01T10:00:00Z"),
        card=pl.format("desk-card-{}", number.cast(pl.String).str.zfill(6)),
        account=pl.when(number == 3).then(pl.lit(ACCOUNT)),
        email=pl.when(number == 3).then(pl.lit(ADDRESS)),
        said=pl.when(number == 9).then(pl.lit(f"a friend of {ACCOUNT}, he said")),
        note=pl.when(number == 9).then(pl.lit(note)),
    )


def web() -> Iterator[str]:
    """Page views, long enough to go straight to Parquet; each tenth is the account's."""
    for number in range(4_000):
        is_theirs = number % 10 == 0
        yield json.dumps(
            {
                "type": "page",
                "messageId": f"message-{number:06}",
                "anonymousId": COOKIE if is_theirs else f"cookie-{number % 97:08}",
                **({"userId": ACCOUNT} if is_theirs else {}),
                "timestamp": f"2026-02-{number % 27 + 1:02}T10:00:00.000Z",
                "originalTimestamp": f"2026-02-{number % 27 + 1:02}T10:00:00.000Z",
                "context": {"page": {"path": "/"}, "userAgent": "Mozilla/5.0 " + "x" * 90},
                "properties": {"path": "/", "title": f"asked by {ACCOUNT}" if number == 7 else "-"},
            }
        )


def hashes(text: str) -> Iterator[str]:
    """The hashes of a text in the forms that systems hand them on."""
    for algorithm in ("md5", "sha1", "sha256"):
        digest = hashlib.new(algorithm, text.encode())
        yield digest.hexdigest()
        yield base64.b64encode(digest.digest()).decode().rstrip("=")


def naming(project: Path, names: Iterable[str]) -> set[str]:
    """The files of a project, but its raw ones, that hold a name, a hash of it or its base64."""
    said = {form for name in names for form in (name, name.lower())}
    said |= {code for form in list(said) for code in hashes(form)}
    said |= {base64.b64encode(form.encode()).decode().rstrip("=") for form in list(said)}
    wanted = sorted({form.lower() for form in said})
    return {
        path.relative_to(project).as_posix()
        for path in project.rglob("*")
        if path.is_file() and not path.is_symlink() and "raw" not in path.parts
        for text in ["\n".join(texts(path))]
        if pl.Series([text]).str.contains_any(wanted, ascii_case_insensitive=True).any()
    }


def texts(path: Path) -> Iterator[str]:
    """All that a file holds."""
    content = path.read_bytes()
    yield path.name
    yield content.decode("latin-1")
    if path.suffix == ".parquet":
        yield from map(str, pl.read_parquet(path).rows())
    elif path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as con:
            for (name,) in con.sql("select table_name from duckdb_tables()").fetchall():
                yield from map(str, con.sql(f'from "{name}"').fetchall())
    elif content.startswith(b"\x1f\x8b"):
        yield gzip.decompress(content).decode("latin-1")


@pytest.mark.long
def test_no_byte_of_a_whole_project_knows_somebody_erased(tmp_path: Path, wend: Wend) -> None:
    """Erased, searched, landed again from the raw files with nothing landed before, and searched.

    Only the file of hashes stays, whose names the tombstones tell under a key.
    """
    project = tmp_path / "shop"
    assert wend("init", project).returncode == 0
    (project / "wend.toml").write_text(SETTINGS)
    (project / "raw").mkdir()
    note = f"audience {hashlib.sha256(ADDRESS.lower().encode()).hexdigest()}"
    people(note).write_csv(project / "raw" / "desk.csv")
    (project / "raw" / "web.jsonl").write_text("".join(f"{line}\n" for line in web()))
    assert (project / "raw" / "web.jsonl").stat().st_size > FAST_BYTES
    (project / "identity_links.csv").write_text(
        f"{DECISIONS}force,user_id:{ACCOUNT},desk_card:desk-card-000050,Grace,2026-01-01,known\n"
        f"veto,email:{ADDRESS},desk_card:desk-card-000060,Grace,2026-01-01,known\n"
        "veto,desk_card:desk-card-000070,desk_card:desk-card-000080,Grace,2026-01-01,known\n"
    )
    done = wend("run", "--project", project)
    assert done.returncode == 0, done.stdout + done.stderr
    identity = project / "data" / "published" / "current" / "identity"
    pair = pl.read_parquet(identity / "match_pairs.parquet").filter(status="review").row(0)[:2]
    shutil.copy(identity / "match_review.csv", project / "match_review.csv")
    known = pl.read_parquet(identity / "identifiers.parquet")
    owners = known.filter(pl.col("identifier").is_in([pair[0], f"user_id:{ACCOUNT}"]))
    theirs = known.join(owners, on="customer_id", how="semi")
    names = {*theirs["value"], *theirs["customer_id"], reference(*pair), ADDRESS}
    places = naming(project, names)
    assert {"identity_links.csv", "match_review.csv"} < places
    assert wend("explain", ACCOUNT, "--project", project).returncode == 0

    done = wend("erase", ADDRESS, pair[0], "--yes", "--project", project)

    assert done.returncode == 0, done.stdout + done.stderr
    assert naming(project, names) == set()
    (manifest,) = (project / "data" / "lake" / "erasures").glob("*.json")
    counts = json.loads(manifest.read_text())["counts"]
    assert counts["decisions"] == 2
    assert counts["review lines"] >= 1
    decided = (project / "identity_links.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in decided] == ["rule", "veto"]
    assert len(np.load(identity / "lookup" / "values.npy")) == 1 + left(project).height
    asked = wend("explain", ACCOUNT, "--project", project)
    assert "no landed record names it" in asked.stderr
    before = left(project)

    shutil.rmtree(project / "data" / "lake" / "landed")
    (project / "data" / "lake" / "stamps.json").unlink()
    done = wend("run", "--project", project)

    assert done.returncode == 0, done.stdout + done.stderr
    assert naming(project, names) == set()
    assert left(project).select("identifier").equals(before.select("identifier"))
    verified = wend("erase", "--verify", ADDRESS, f"user_id:{ACCOUNT}", "--project", project)
    assert verified.returncode == 0, verified.stdout


def left(project: Path) -> pl.DataFrame:
    """The published identifiers, in order."""
    path = project / "data" / "published" / "current" / "identity" / "identifiers.parquet"
    return pl.read_parquet(path).sort("identifier")
