"""Where do journeys go, where do they stop, and how long does it take?"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="Journeys")


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
    told = con.sql("select company, as_of from parameters").fetchall()[0]
    mo.md(
        f"""
        # Journeys of {told[0]}

        As of {told[1]:%d %B %Y, %H:%M} UTC. A journey that is still on its way is *open*: it is
        neither completed nor lost, and no share counts it.
        """
    )
    return (con,)


@app.cell
def statuses(con, mo):
    by_status = con.sql(
        """
        select
            status,
            count(*) as journeys,
            count(distinct customer_id) as customers,
            round(percentile_cont(0.5) within group (order by duration_days), 1) as median_days,
            round(sum(value_cents) / 100, 2) as value
        from journeys
        group by status
        order by journeys desc
        """
    ).pl()
    mo.vstack([mo.md("## How journeys stand"), mo.ui.table(by_status, selection=None)])


@app.cell
def stops(alt, con, mo):
    drop_offs = con.sql(
        """
        select name as stage, entries, settled_count, ended, open,
            drop_off_share, share_low, share_high
        from drop_offs
        inner join stages on drop_offs.name = stages.stage
        where drop_offs.grain = 'stage'
        order by stages.position
        """
    ).pl()
    order = drop_offs["stage"].to_list()
    base = alt.Chart(drop_offs).encode(y=alt.Y("stage", sort=order, title=None))
    chart = base.mark_rule().encode(
        x=alt.X("share_low", title="drop-off share, 95 % interval", axis=alt.Axis(format="%")),
        x2="share_high",
    ) + base.mark_point(filled=True, size=60).encode(
        x="drop_off_share",
        tooltip=[
            "stage",
            "settled_count",
            "ended",
            "open",
            alt.Tooltip("drop_off_share", format=".1%"),
        ],
    )
    mo.vstack(
        [
            mo.md(
                "## Where they stop\n\nOf the visits whose time is over, how many were a "
                "journey's last. What is still open is left out."
            ),
            chart.properties(width=560),
        ]
    )


@app.cell
def choice(con, mo):
    stages = [name for (name,) in con.sql("select stage from stages order by position").fetchall()]
    stage = mo.ui.dropdown(stages, value=stages[0], label="From")
    mo.vstack([mo.md("## Where they go from a stage"), stage])
    return (stage,)


@app.cell
def ways(con, mo, stage):
    onward = con.sql(
        """
        select to_stage, transition_count, customer_count, round(share, 3) as share,
            round(share_low, 3) as share_low, round(share_high, 3) as share_high,
            round(wait_hours_p50, 1) as median_wait_hours,
            round(uncertain_share, 3) as uncertain_share
        from stage_transitions
        where from_stage = ?
        order by transition_count desc
        """,
        params=[stage.value],
    ).pl()
    mo.ui.table(onward, selection=None)


@app.cell
def stays(con, mo):
    slow = con.sql(
        """
        select
            stage,
            count(*) as visits,
            round(percentile_cont(0.5) within group (order by touched_hours), 1) as median_hours,
            round(percentile_cont(0.9) within group (order by touched_hours), 1) as p90_hours,
            count(*) filter (where exit = 'open') as open_now
        from stage_visits
        group by stage
        order by min(stage_position)
        """
    ).pl()
    mo.vstack([mo.md("## How long a stay lasts"), mo.ui.table(slow, selection=None)])


@app.cell
def rows(con, mo):
    last = con.sql(
        """
        select customer_id, position, touchpoint, occurred_at, source, file_id, record_number
        from events
        where (customer_id, journey_number) in (
            select (customer_id, journey_number)
            from journeys
            where status = 'ended'
            order by last_touched_at desc, customer_id
            limit 1
        )
        order by position
        """
    ).pl()
    mo.vstack(
        [
            mo.md(
                "## Down to the source rows\n\nThe journey that ended last, touchpoint by "
                "touchpoint: `file_id` and `record_number` say where each was read."
            ),
            mo.ui.table(last, selection=None),
        ]
    )


if __name__ == "__main__":
    app.run()
