"""The portable subset of SQL (DESIGN section 7), and the models as Spark would run them.

An allow list: what no engine has been seen to run alike is refused, however harmless.
"""

from collections.abc import Iterator

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.dialects.spark import Spark

# Kinds of expression that gave the same rows on DuckDB, Spark and Sail (reference/distributed.md).
ALLOWED = frozenset(
    {
        "Abs",
        "Add",
        "Alias",
        "And",
        "Anonymous",
        "Between",
        "Boolean",
        "CTE",
        "Case",
        "Cast",
        "Coalesce",
        "Column",
        "Count",
        "DPipe",
        "DataType",
        "Distinct",
        "Div",
        "EQ",
        "Escape",
        "Exists",
        "Exp",
        "Floor",
        "From",
        "GT",
        "GTE",
        "Greatest",
        "Group",
        "GroupConcat",
        "Having",
        "Identifier",
        "If",
        "In",
        "Is",
        "Join",
        "LT",
        "LTE",
        "Lag",
        "Lead",
        "Least",
        "Length",
        "Like",
        "Literal",
        "Ln",
        "Max",
        "Min",
        "Mul",
        "NEQ",
        "Neg",
        "Not",
        "Null",
        "NullSafeEQ",
        "Nullif",
        "Or",
        "Order",
        "Ordered",
        "Paren",
        "PercentileCont",
        "Round",
        "RowNumber",
        "Select",
        "SplitPart",
        "Sqrt",
        "Star",
        "StrPosition",
        "Sub",
        "Subquery",
        "Substring",
        "Sum",
        "Table",
        "TableAlias",
        "TimestampTrunc",
        "Tuple",
        "Union",
        "Values",
        "Var",
        "Where",
        "Window",
        "WindowSpec",
        "With",
        "WithinGroup",
    }
)
# Functions sqlglot has no name for, and what Spark calls them.
RENAMED = {"epoch_us": "UNIX_MICROS"}
# A window's order ends in one of these: with the partition, it names one row.
UNIQUE = frozenset(
    {
        "codes",
        "customer_id",
        "day_on",
        "distance",
        "event_id",
        "event_key",
        "from_number",
        "identifier",
        "journey_number",
        "kind",
        "label",
        "name",
        "note",
        "number",
        "owner",
        "position",
        "record_number",
        "source",
        "step",
        "to_name",
        "to_on",
        "trouble",
        "utc_day",
        "value",
        "visit_number",
        "week_on",
    }
)


class Portable(Spark):
    """Spark's dialect with our two rules: instants as microseconds, exact percentiles."""

    class Generator(Spark.Generator):
        """Plain sqlglot would leave epoch_us alone and make percentiles approximate."""

        TRANSFORMS = {  # noqa: RUF012 - sqlglot's own way
            **Spark.Generator.TRANSFORMS,
            exp.WithinGroup: lambda self, node: (
                f"{self.sql(node, 'this')} WITHIN GROUP ({self.sql(node, 'expression').strip()})"
            ),
            exp.PercentileCont: lambda self, node: self.function_fallback_sql(node),
            exp.Anonymous: lambda self, node: self.func(
                RENAMED.get(node.name.lower(), node.name), *node.expressions
            ),
        }


def as_spark(sql: str) -> str:
    """The same select for Spark.

    Raises:
        sqlglot.errors.UnsupportedError: Something in it has no translation.
    """
    return parsed(sql).sql(dialect=Portable, unsupported_level=ErrorLevel.RAISE)


def parsed(sql: str) -> exp.Expression:
    """DuckDB's select as a tree."""
    return sqlglot.parse_one(sql, dialect="duckdb")


def faults(sql: str) -> list[str]:
    """What in a select lies outside the subset, as sentences."""
    tree = parsed(sql)
    return [
        *_strange(tree),
        *_stars(tree),
        *_joins(tree),
        *_windows(tree),
        *_numbers(tree),
    ]


def _strange(tree: exp.Expression) -> Iterator[str]:
    """Expressions that are not on the list."""
    for node in tree.walk():
        kind = type(node).__name__
        if kind not in ALLOWED or (kind == "Anonymous" and node.name.lower() not in RENAMED):
            yield f"{kind} is not in the subset: {node.sql('duckdb')[:60]}"
        if isinstance(node, exp.TimestampTrunc) and not isinstance(node.parent, exp.Cast):
            yield f"cast to a date: {node.sql('duckdb')}"
        if isinstance(node, exp.GroupConcat) and node.find(exp.Order) is None:
            yield f"string_agg without an order: {node.sql('duckdb')}"

    for group in tree.find_all(exp.Group):
        if group.args.get("all"):
            yield f"name the columns of {group.sql('duckdb').strip()}"


def _stars(tree: exp.Expression) -> Iterator[str]:
    """A last select, or a part of it, that does not list its columns; stars that leave some out."""
    last = [tree] if isinstance(tree, exp.Select) else list(tree.find_all(exp.Select))
    for select in last:
        if select.is_star:
            yield f"the last select must list its columns: {select.sql('duckdb')[:60]}"
    for star in tree.find_all(exp.Star):
        if star.args.get("except_") or star.args.get("replace") or star.args.get("except"):
            yield f"a star may not leave out or replace columns: {star.sql('duckdb')}"


def _joins(tree: exp.Expression) -> Iterator[str]:
    """Joins spelled other than with `on`, or of kinds that other engines lack."""
    for join in tree.find_all(exp.Join):
        if join.args.get("using"):
            yield f"spell the join with on: {join.sql('duckdb')}"
        if join.args.get("method"):
            yield f"no {join.args['method']} join: {join.sql('duckdb')}"
        if not join.args.get("on") and join.kind != "CROSS":
            yield f"a join needs its on: {join.sql('duckdb')}"


def _windows(tree: exp.Expression) -> Iterator[str]:
    """Windows whose rows could come in another order, or whose frame is left to the engine."""
    for window in tree.find_all(exp.Window):
        text = window.sql("duckdb")
        order = window.args.get("order")
        if order is None:
            continue
        last = order.expressions[-1].this
        if last.name not in UNIQUE:
            yield f"the order must end in a unique key: {text}"
        spec = window.args.get("spec")
        is_framed = spec is not None and str(spec.args.get("kind")).upper() == "ROWS"
        if spec is not None and not is_framed:
            yield f"the frame must count rows: {text}"
        if spec is None and _aggregates(window):
            yield f"spell the frame out in rows: {text}"


def _aggregates(window: exp.Expression) -> bool:
    """Whether a window, or a named window's reader, runs an aggregate over its frame."""
    if isinstance(window.this, exp.Identifier):
        select = window.find_ancestor(exp.Select)
        readers = select.find_all(exp.Window) if select else ()
        return any(_reads_frame(reader) for reader in readers if reader.alias == window.name)
    return _reads_frame(window)


def _reads_frame(window: exp.Expression) -> bool:
    """Whether a window's function looks at a frame, as neighbours and numbers do not."""
    return isinstance(window.this, exp.AggFunc) and not isinstance(
        window.this, exp.Lag | exp.Lead | exp.RowNumber
    )


def _numbers(tree: exp.Expression) -> Iterator[str]:
    """Numbers whose type or last digit would depend on the engine."""
    for total in tree.find_all(exp.Sum):
        outer = total.parent
        while isinstance(outer, exp.Window | exp.Paren | exp.Filter):
            outer = outer.parent
        if not isinstance(outer, exp.Cast) or outer.to.this != exp.DataType.Type.BIGINT:
            yield f"cast the sum to bigint: {total.sql('duckdb')}"
    for count in tree.find_all(exp.Count):
        if isinstance(count.parent, exp.Window) and isinstance(count.this, exp.Distinct):
            yield f"no count(distinct) over a window: {count.sql('duckdb')}"
    for cast in tree.find_all(exp.Cast):
        inner = cast.this.unnest()
        if cast.to.is_type("bigint", "int") and isinstance(inner, exp.Div | exp.Mul):
            yield f"floor before the cast: {cast.sql('duckdb')}"
    for quotient in tree.find_all(exp.IntDiv):
        yield f"sqlfmt takes // for a comment; floor a division: {quotient.sql('duckdb')}"
