"""Who is one person, how sure is that, and what changed since the last run?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Identity")


@app.cell
def start():
    import altair as alt
    import duckdb
    import marimo as mo

    return alt, duckdb, mo


@app.cell
def opened(duckdb, mo):
    file = mo.cli_args().get("file") or "data/demo/data/published/current/wend.duckdb"
    con = duckdb.connect(str(file), read_only=True)
    mo.md(
        """
        # Who is who

        A customer is a set of identifiers that were seen together. Handles are masked here unless
        the company asked for them; `wend explain` shows the evidence for one person.
        """
    )
    return (con,)


@app.cell
def sizes(alt, con, mo):
    counted = con.sql(
        """
        select least(identifier_count, 12) as identifiers, count(*) as customers
        from customers
        group by identifiers
        order by identifiers
        """
    ).pl()
    chart = (
        alt.Chart(counted)
        .mark_bar()
        .encode(
            x=alt.X("identifiers:O", title="identifiers of a customer (12: 12 or more)"),
            y=alt.Y("customers", title="customers"),
        )
    )
    mo.vstack([mo.md("## How many handles a customer has"), chart.properties(width=560)])


@app.cell
def rules(con, mo):
    links = con.sql(
        """
        select rule, status, reason, count(*) as links, sum(event_count) as events
        from customer_links
        group by rule, status, reason
        order by links desc
        """
    ).pl()
    mo.vstack(
        [
            mo.md("## What joins identifiers, and what was not believed"),
            mo.ui.table(links, selection=None),
        ]
    )


@app.cell
def unsure(con, mo):
    doubted = con.sql(
        """
        select customer_id, identifier_count, event_count, value_cents / 100 as value,
            round(identity_confidence, 3) as identity_confidence
        from customers
        order by identity_confidence, customer_id
        limit 20
        """
    ).pl()
    mo.vstack([mo.md("## The least certain customers"), mo.ui.table(doubted, selection=None)])


@app.cell
def changed(con, mo):
    changes = con.sql(
        """
        select change, count(*) as customers, sum(identifier_count) as identifiers
        from customer_changes
        group by change
        order by customers desc
        """
    ).pl()
    past = con.sql("from restatements order by known_at").pl()
    mo.vstack(
        [
            mo.md("## What changed since the run before"),
            mo.ui.table(changes, selection=None),
            mo.md(
                "## What we know now and did not know then\n\nEvents that now belong to another "
                "customer than they did at that instant."
            ),
            mo.ui.table(past, selection=None),
        ]
    )


if __name__ == "__main__":
    app.run()
