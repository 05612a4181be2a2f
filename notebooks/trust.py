"""May I trust these numbers? What landed, what was refused, which claims hold."""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Trust")


@app.cell
def start():
    import duckdb
    import marimo as mo

    return duckdb, mo


@app.cell
def opened(duckdb, mo):
    file = mo.cli_args().get("file") or "data/demo/data/published/current/wend.duckdb"
    con = duckdb.connect(str(file), read_only=True)
    run = con.sql(
        "select run_id, as_of, event_count, customer_count from runs order by finished_at desc"
    ).fetchall()[0]
    mo.md(
        f"""
        # May I trust these numbers?

        Run {run[0]}: {run[2]:,} events of {run[3]:,} customers, as of {run[1]}.
        """
    )
    return (con,)


@app.cell
def records(con, mo):
    counted = con.sql(
        """
        select
            source,
            sum(record_count) as read,
            sum(landed_count) as landed,
            sum(duplicate_count) as duplicates,
            sum(quarantined_count) as refused,
            sum(ignored_count) as ignored,
            sum(record_count) - sum(landed_count) - sum(duplicate_count)
            - sum(quarantined_count) - sum(ignored_count) as lost
        from files
        group by source
        order by read desc
        """
    ).pl()
    mo.vstack(
        [
            mo.md("## Every record is somewhere\n\nThe last column is zero, or a run has failed."),
            mo.ui.table(counted, selection=None),
        ]
    )


@app.cell
def refused(con, mo):
    reasons = con.sql(
        """
        select source, reasons, count(*) as records
        from quarantine
        group by source, reasons
        order by records desc
        limit 30
        """
    ).pl()
    mo.vstack([mo.md("## Why records were refused"), mo.ui.table(reasons, selection=None)])


@app.cell
def claims(con, mo):
    checked = con.sql(
        "select is_met, claim, failing_row_count, reason from checks order by is_met, claim"
    ).pl()
    mo.vstack([mo.md("## What was checked"), mo.ui.table(checked, selection=None)])


@app.cell
def unmapped(con, mo):
    kinds = con.sql("from unmapped_kinds limit 30").pl()
    mo.vstack(
        [
            mo.md("## What the catalogue does not know\n\nEvents that are no touchpoint yet."),
            mo.ui.table(kinds, selection=None),
        ]
    )


if __name__ == "__main__":
    app.run()
