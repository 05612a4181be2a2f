"""By which rule each attribute's golden value is chosen among those that sources give.

The rules themselves are the order by of `sql/core/attribute_values.sql`. Consent has one rule
that no configuration changes: what each source said last stands, and withdrawn anywhere wins.
"""

from collections.abc import Mapping

import polars as pl

from pipeline.settings import ATTRIBUTES, Identity

# Our choice: of names the fullest, because sources shorten them; what never changes as most
# sources have it; everything else as it was said last.
SHIPPED: Mapping[str, str] = {
    **dict.fromkeys(ATTRIBUTES, "most_recent"),
    **dict.fromkeys(("full_name", "given_name", "family_name"), "most_complete"),
    **dict.fromkeys(("birth_on", "gender"), "majority"),
}


def strategies(identity: Identity) -> pl.DataFrame:
    """One row per attribute but for consents: `attribute`, `strategy`."""
    chosen = {**SHIPPED, **identity.golden}
    return pl.DataFrame(
        sorted(chosen.items()),
        schema={"attribute": pl.String, "strategy": pl.String},
        orient="row",
    )
