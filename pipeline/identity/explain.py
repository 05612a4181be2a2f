"""Why the records of one identifier's customer are one, and why others are not among them.

It reads the stitched tables only, so what it says is what was done.
"""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import networkx as nx
import polars as pl

from pipeline import publish
from pipeline.errors import UnknownIdentifier
from pipeline.identity.links import read_sql
from pipeline.landing.identifiers import normalise
from pipeline.landing.schema import INSTANT
from pipeline.settings import Settings

TOGETHER = pl.Schema(
    {
        "identifier": pl.String,
        "path": pl.String,
        "hop_count": pl.Int64,
        "weakest_left": pl.String,
        "weakest_right": pl.String,
        "weakest_rule": pl.String,
        "weakest_event_count": pl.Int64,
        "sources": pl.String,
        "first_seen_at": INSTANT,
        "last_seen_at": INSTANT,
    }
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """What is known of one identifier.

    Attributes:
        status: active, shared or blocked; `reason` says why it is not active.
        customer_id: Empty unless active.
        together: One row per other identifier of the customer: the best-supported `path` to it,
            and the weakest link on that path with its rule, event count, sources and times.
        apart: The links of the customer's identifiers that do not count, with `status`
            (rejected, shared, blocked) and `reason`.
    """

    identifier: str
    status: str
    reason: str
    customer_id: str
    together: pl.DataFrame
    apart: pl.DataFrame


def published(settings: Settings, asked: str) -> list[str]:
    """The explanation, in sentences, from the last published run.

    Raises:
        NothingPublished: No run has published yet.
        UnknownIdentifier: No landed record names it.
    """
    folder = publish.current(settings.published) / "identity"
    region = settings.company.phone_region
    return [
        line for found in from_folder(folder, asked, region=region) for line in sentences(found)
    ]


def from_folder(folder: Path, asked: str, *, region: str) -> list[Explanation]:
    """The explanation of every identifier in a folder of identity tables that fits `asked`.

    Args:
        folder: Holds identifiers.parquet and customer_links.parquet.
        asked: `namespace:value`, or a value of whatever namespace, in any spelling.
        region: How a national telephone number is read.

    Raises:
        UnknownIdentifier: None fits.
    """
    with duckdb.connect(config={"python_enable_replacements": False}) as con:
        for name in ("identifiers", "customer_links"):
            con.read_parquet((folder / f"{name}.parquet").as_posix()).create_view(name)
        con.register("asked_spellings", spellings(asked, region=region))
        hits = con.sql(read_sql("asked_identifiers")).pl().sort("identifier")
        if hits.is_empty():
            raise UnknownIdentifier(
                f"{asked}: no landed record names it; check the spelling, or write "
                "namespace:value, such as email:ada@example.org"
            )
        con.register("asked_identifiers", hits)
        identifiers = con.sql(read_sql("kindred_identifiers")).pl()
        con.register("kindred_identifiers", identifiers)
        links = con.sql(read_sql("kindred_links")).pl()
    return [explain(identifiers, links, one) for one in hits["identifier"]]


def spellings(asked: str, *, region: str) -> pl.DataFrame:
    """The `namespace` and `value` pairs that `asked` may stand for; any namespace where null."""
    text = asked.strip()
    rows: list[tuple[str | None, str | None]] = [(None, text)]
    rows += [(name, normalise(name, text, region=region)) for name in ("email", "phone")]
    if ":" in text:
        namespace, value = text.split(":", maxsplit=1)
        rows += [(namespace, value), (namespace, normalise(namespace, value, region=region))]
    known = sorted({row for row in rows if row[1]}, key=str)
    return pl.DataFrame(known, schema={"namespace": pl.String, "value": pl.String}, orient="row")


def explain(identifiers: pl.DataFrame, links: pl.DataFrame, identifier: str) -> Explanation:
    """Why the records of `identifier` and of its customer's other identifiers are one.

    Args:
        identifiers: At least the customer's rows of the table of that name.
        links: At least the rows of customer_links that touch them.
        identifier: `namespace:value`, as the table has it.

    Raises:
        UnknownIdentifier: It is not among `identifiers`.
    """
    own = identifiers.filter(pl.col("identifier") == identifier)
    if own.is_empty():
        raise UnknownIdentifier(f"{identifier}: no landed record names it")
    row = own.row(0, named=True)
    members = {identifier}
    if row["customer_id"] is not None:
        same = identifiers.filter(pl.col("customer_id") == row["customer_id"])
        members |= set(same["identifier"])
    touches = pl.col("left_identifier").is_in(members) | pl.col("right_identifier").is_in(members)
    touching = links.filter(touches).sort("left_identifier", "right_identifier")
    return Explanation(
        identifier=identifier,
        status=row["status"],
        reason=row["reason"] or "",
        customer_id=row["customer_id"] or "",
        together=_together(touching.filter(pl.col("status") == "used"), identifier),
        apart=touching.filter(pl.col("status") != "used"),
    )


def _together(used: pl.DataFrame, identifier: str) -> pl.DataFrame:
    """The best-supported way to each other identifier, named by its weakest link.

    Paths run in the maximum spanning tree: no other path has a stronger weakest link.
    """
    best = used.with_columns(is_merge=pl.col("rule") == "merge").sort(
        "is_merge",
        "event_count",
        "last_seen_at",
        "left_identifier",
        "right_identifier",
        descending=[False, False, False, True, True],
    )
    graph = nx.Graph()
    graph.add_node(identifier)
    for strength, link in enumerate(best.iter_rows(named=True)):
        graph.add_edge(
            link["left_identifier"], link["right_identifier"], strength=strength, of=link
        )
    tree = nx.maximum_spanning_tree(graph, weight="strength")
    rows = []
    for other, path in sorted(nx.single_source_shortest_path(tree, identifier).items()):
        if other == identifier:
            continue
        hops = [tree.edges[pair] for pair in pairwise(path)]
        weakest = min(hops, key=lambda hop: hop["strength"])["of"]
        rows.append(
            {
                "identifier": other,
                "path": " - ".join(path),
                "hop_count": len(hops),
                "weakest_left": weakest["left_identifier"],
                "weakest_right": weakest["right_identifier"],
                "weakest_rule": weakest["rule"],
                "weakest_event_count": weakest["event_count"],
                "sources": weakest["sources"],
                "first_seen_at": weakest["first_seen_at"],
                "last_seen_at": weakest["last_seen_at"],
            }
        )
    return pl.DataFrame(rows, schema=TOGETHER)


def sentences(found: Explanation) -> list[str]:
    """The explanation as lines to print."""
    if not found.customer_id:
        said = [f"{found.identifier} belongs to no customer: it is {found.status}, {found.reason}"]
    elif found.together.is_empty():
        said = [f"{found.identifier} is customer {found.customer_id}, and all that is known of it"]
    else:
        count = f"{found.together.height:,} other identifiers"
        said = [f"{found.identifier} is customer {found.customer_id}, together with {count}:"]
    for row in found.together.iter_rows(named=True):
        said += [f"  {row['path']}", f"      {_evidence(row)}"]
    if found.apart.height:
        said.append("not joined:")
    for row in found.apart.iter_rows(named=True):
        pair = f"{row['left_identifier']} - {row['right_identifier']}"
        said.append(f"  {pair}: {row['status']}, {row['reason']}")
    return said


def _evidence(row: dict[str, Any]) -> str:
    """What the path rests on; of several hops, which one is the weakest."""
    count = row["weakest_event_count"]
    told = (
        f"{'declared one' if row['weakest_rule'] == 'merge' else 'seen together'} "
        f"by {row['sources']}, {'once' if count == 1 else f'{count:,} times'}, "
        f"{row['first_seen_at']:%Y-%m-%d} to {row['last_seen_at']:%Y-%m-%d}"
    )
    if row["hop_count"] == 1:
        return told
    return f"weakest {row['weakest_left']} - {row['weakest_right']}: {told}"
