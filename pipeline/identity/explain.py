"""Why the records of one identifier's customer are one, and why others are not among them.

It reads the stitched tables only, so what it says is what was done.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import networkx as nx
import polars as pl

from pipeline import publish
from pipeline.counted import counted
from pipeline.errors import UnknownIdentifier
from pipeline.identity import apart, lookup
from pipeline.identity.lookup import Lookup
from pipeline.identity.strength import best_first, evidence
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
            (rejected, vetoed, expired, shared, blocked) and `reason`.
    """

    identifier: str
    status: str
    reason: str
    customer_id: str
    together: pl.DataFrame
    apart: pl.DataFrame


def published(settings: Settings, asked: str, other: str | None = None) -> list[str]:
    """The explanation of one identifier, or of two against one another, from the last run.

    Raises:
        NothingPublished: No run has published yet.
        UnknownIdentifier: No landed record names one of them.
    """
    folder = publish.current(settings.published) / "identity"
    region = settings.company.phone_region
    if other is not None:
        return list(of_two(folder, asked, other, region=region))
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
    tables = lookup.opened(folder)
    hits = _hits(tables, asked, region)
    groups = hits["group"].unique().to_list()
    people, links = lookup.members(tables, groups), lookup.links_of(tables, groups)
    return [explain(people, links, one) for one in hits["identifier"]]


def of_two(folder: Path, asked: str, other: str, *, region: str) -> Iterator[str]:
    """Why two identifiers are one customer, or why they are not, as lines to print.

    Where a value without its namespace fits several, each is explained.

    Raises:
        UnknownIdentifier: None fits.
    """
    tables = lookup.opened(folder)
    ones, others = (_hits(tables, text, region) for text in (asked, other))
    for one in ones.iter_rows(named=True):
        for two in others.iter_rows(named=True):
            yield from _pair(tables, one, two)


def _pair(tables: Lookup, one: dict[str, Any], two: dict[str, Any]) -> Iterator[str]:
    """What two identifiers have to do with one another."""
    left, right = one["identifier"], two["identifier"]
    if left == right:
        yield f"{left} is one identifier, written in two ways"
        return
    if one["group"] == two["group"]:
        yield f"{left} and {right} are customer {one['customer_id']}, by the strongest evidence:"
        group = [one["group"]]
        used = lookup.links_of(tables, group).filter(pl.col("status") == "used")
        yield from _steps(way(used, left, right))
        return
    yield f"{left} {_standing(one)}; {right} {_standing(two)}"
    yield from apart.sentences(left, right, apart.between(tables, one["group"], two["group"]))


def _standing(row: dict[str, Any]) -> str:
    """Whose an identifier is."""
    if row["customer_id"] is None:
        return f"belongs to no customer: it is {row['status']}, {row['reason']}"
    return f"is customer {row['customer_id']}"


def _hits(tables: Lookup, asked: str, region: str) -> pl.DataFrame:
    """The identifiers that fit what was asked.

    Raises:
        UnknownIdentifier: None.
    """
    hits = lookup.named(tables, spellings(asked, region=region))
    if hits.is_empty():
        raise UnknownIdentifier(
            f"{asked}: no landed record names it; check the spelling, or write "
            "namespace:value, such as email:ada@example.org"
        )
    return hits


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


def way(used: pl.DataFrame, left: str, right: str) -> list[dict[str, Any]]:
    """The links of the best-supported way between two identifiers of one customer, in order."""
    return [hop["of"] for hop in _hops(_tree(used, left), [left, right])]


def _tree(used: pl.DataFrame, identifier: str) -> "nx.Graph[str]":
    """The maximum spanning tree: no other path between two has a stronger weakest link."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_node(identifier)
    for weakness, link in enumerate(best_first(used).iter_rows(named=True)):
        ends = (link["left_identifier"], link["right_identifier"])
        # Of several links of one pair the best counts.
        if not graph.has_edge(*ends):
            graph.add_edge(*ends, weakness=weakness, of=link)
    return nx.minimum_spanning_tree(graph, weight="weakness")


def _hops(tree: "nx.Graph[str]", ends: list[str]) -> list[dict[str, Any]]:
    """The edges of the one path between two ends."""
    path = nx.shortest_path(tree, *ends)
    return [tree.edges[pair] for pair in pairwise(path)]


def _together(used: pl.DataFrame, identifier: str) -> pl.DataFrame:
    """The best-supported way to each other identifier, named by its weakest link."""
    tree = _tree(used, identifier)
    rows = []
    for other, path in sorted(nx.single_source_shortest_path(tree, identifier).items()):
        if other == identifier:
            continue
        hops = [tree.edges[pair] for pair in pairwise(path)]
        weakest = max(hops, key=lambda hop: hop["weakness"])["of"]
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


def _steps(links: list[dict[str, Any]]) -> Iterator[str]:
    """A way as lines to print, its weakest link marked."""
    weakest = best_first(pl.DataFrame(links, infer_schema_length=None)).row(-1, named=True)
    for link in links:
        is_weakest = len(links) > 1 and all(
            link[end] == weakest[end] for end in ("left_identifier", "right_identifier")
        )
        mark = "   <- weakest" if is_weakest else ""
        yield f"  {link['left_identifier']} - {link['right_identifier']}{mark}"
        yield f"      {evidence(link)}"


def sentences(found: Explanation) -> list[str]:
    """The explanation as lines to print."""
    if not found.customer_id:
        said = [f"{found.identifier} belongs to no customer: it is {found.status}, {found.reason}"]
    elif found.together.is_empty():
        said = [f"{found.identifier} is customer {found.customer_id}, and all that is known of it"]
    else:
        count = counted(found.together.height, "other identifier")
        said = [f"{found.identifier} is customer {found.customer_id}, together with {count}:"]
    for row in found.together.iter_rows(named=True):
        said += [f"  {row['path']}", f"      {_evidence(row)}"]
    if found.apart.height:
        said.append("not joined:")
    for row in found.apart.iter_rows(named=True):
        pair = f"{row['left_identifier']} - {row['right_identifier']}"
        said.append(f"  {pair}: {apart.verdict(row)}")
    return said


def _evidence(row: dict[str, Any]) -> str:
    """What the path rests on; of several hops, which one is the weakest."""
    told = evidence(
        {
            "rule": row["weakest_rule"],
            "event_count": row["weakest_event_count"],
            **{name: row[name] for name in ("sources", "first_seen_at", "last_seen_at")},
        }
    )
    if row["hop_count"] == 1:
        return told
    return f"weakest {row['weakest_left']} - {row['weakest_right']}: {told}"
