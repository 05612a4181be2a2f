# ruff: noqa: E501 - tables are wider than code
"""A made-up company's published tables, small enough to check by eye."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from math import sqrt

import duckdb
import polars as pl

from tests.tables import table

AS_OF = datetime(2027, 3, 27, 6, 0)  # noqa: DTZ001 - published instants are naive UTC

STAGES = """
    stage    | position | goal
    Discover | 1        | Find out whether it is available at my address
    Evaluate | 2        | Know the real price before I commit
    Buy      | 3        | Order once, without a call
    Onboard  | 4        | Be online on the date I was given
    Use      | 5        | Pay what I expected, for a line that works
    Get help | 6        | Tell my story once and get a date
    Renew    | 7        |
"""

TOUCHPOINTS = """
    touchpoint      | stage    | channel | position | visibility | initiator | owner     | outcome   | customer_count | message_count | sentiment | ended | settled
    Visit site      | Discover | web     | 1        | onstage    | customer  | Marketing |           | 3253           | 0             |           | 1011  | 3253
    Read pricing    | Discover | web     | 2        | onstage    | customer  | Marketing |           | 2375           | 0             |           | 489   | 2375
    Compare plans   | Evaluate | web     | 3        | onstage    | customer  | Sales     |           | 1637           | 0             |           | 455   | 1637
    Ask sales       | Evaluate | chat    | 4        | onstage    | customer  | Sales     |           | 1162           | 1150          | 0.14      | 244   | 1162
    Quote sent      | Evaluate | email   | 5        | onstage    | company   | Sales     |           | 679            | 670           | 0.08      | 238   | 679
    Order placed    | Buy      | web     | 6        | onstage    | customer  | Sales     |           | 1563           | 0             |           | 31    | 1563
    Credit check    | Buy      | crm     | 7        | offstage   | company   | Finance   |           | 1496           | 210           | -0.06     | 124   | 1496
    Welcome email   | Buy      | email   | 8        | onstage    | company   | Marketing |           | 1372           | 900           | 0.24      | 25    | 1372
    Install booked  | Onboard  | crm     | 9        | onstage    | company   | Field ops |           | 1240           | 410           | 0.10      | 12    | 1240
    Install moved   | Onboard  | crm     | 10       | onstage    | company   | Field ops |           | 382            | 351           | -0.53     | 42    | 382
    Install done    | Onboard  | crm     | 11       | onstage    | company   | Field ops |           | 988            | 500           | 0.35      | 30    | 988
    First login     | Onboard  | web     | 12       | onstage    | customer  | Product   |           | 842            | 0             |           | 8     | 842
    Use service     | Use      | web     | 13       | onstage    | customer  | Product   |           | 1176           | 0             |           | 105   | 1176
    View bill       | Use      | web     | 14       | onstage    | customer  | Finance   |           | 736            | 0             |           | 14    | 736
    Support chat    | Get help | chat    | 15       | onstage    | customer  | Support   |           | 864            | 864           | -0.28     | 1     | 864
    Ticket opened   | Get help | crm     | 16       | offstage   | company   | Support   |           | 624            | 420           | -0.37     | 0     | 624
    Ticket resolved | Get help | crm     | 17       | onstage    | company   | Support   |           | 587            | 300           | 0.15      | 0     | 587
    Complaint       | Get help | email   | 18       | onstage    | customer  | Support   |           | 289            | 289           | -0.72     | 0     | 289
    Renewal offer   | Renew    | email   | 19       | onstage    | company   | Retention |           | 940            | 400           | 0.05      | 60    | 940
    Renewed         | Renew    | crm     | 20       | onstage    | customer  | Retention | completes | 677            | 240           | 0.39      | 0     | 677
    Cancel page     | Renew    | web     | 21       | onstage    | customer  | Retention |           | 583            | 0             |           | 33    | 583
    Cancelled       | Renew    | crm     | 22       | onstage    | customer  | Retention | ends      | 406            | 21            | -0.60     | 406   | 406
"""

STEPS = """
    from_touchpoint | to_touchpoint   | transition_count | customer_count | wait_hours_p50
    Visit site      | Read pricing    | 2410             | 1855           | 0.1
    Visit site      | Visit site      | 1300             | 640            | 31
    Visit site      | Compare plans   | 420              | 410            | 0.3
    Read pricing    | Compare plans   | 1290             | 1187           | 0.2
    Read pricing    | Visit site      | 810              | 540            | 20
    Read pricing    | Ask sales       | 470              | 455            | 0.4
    Read pricing    | Order placed    | 310              | 310            | 1.5
    Compare plans   | Order placed    | 700              | 690            | 0.5
    Compare plans   | Ask sales       | 500              | 480            | 0.2
    Compare plans   | Read pricing    | 250              | 230            | 3
    Ask sales       | Quote sent      | 690              | 679            | 26
    Ask sales       | Order placed    | 300              | 295            | 4
    Quote sent      | Order placed    | 340              | 338            | 52
    Quote sent      | Ask sales       | 96               | 96             | 70
    Order placed    | Credit check    | 1500             | 1496           | 0.1
    Credit check    | Welcome email   | 1375             | 1372           | 6
    Welcome email   | Install booked  | 1245             | 1240           | 22
    Install booked  | Install done    | 752              | 750            | 96
    Install booked  | Install moved   | 384              | 382            | 41
    Install booked  | Support chat    | 60               | 59             | 30
    Install moved   | Install done    | 220              | 217            | 72
    Install moved   | Support chat    | 124              | 122            | 3
    Install moved   | Install moved   | 36               | 34             | 48
    Install done    | First login     | 845              | 842            | 5
    Install done    | Use service     | 110              | 110            | 20
    First login     | Use service     | 750              | 747            | 25
    First login     | Support chat    | 60               | 58             | 2
    Use service     | Use service     | 4100             | 664            | 160
    Use service     | View bill       | 900              | 720            | 200
    Use service     | Renewal offer   | 790              | 780            | 900
    Use service     | Support chat    | 420              | 401            | 60
    View bill       | Use service     | 690              | 560            | 90
    View bill       | Support chat    | 260              | 257            | 2
    Support chat    | Ticket opened   | 640              | 624            | 0.6
    Support chat    | Support chat    | 205              | 188            | 44
    Support chat    | Use service     | 330              | 310            | 30
    Support chat    | Complaint       | 150              | 148            | 50
    Ticket opened   | Ticket resolved | 590              | 587            | 60
    Ticket resolved | Use service     | 420              | 405            | 46
    Ticket resolved | Complaint       | 71               | 71             | 80
    Complaint       | Ticket resolved | 140              | 139            | 100
    Complaint       | Cancel page     | 62               | 61             | 200
    Renewal offer   | Renewed         | 680              | 677            | 70
    Renewal offer   | Cancel page     | 220              | 218            | 90
    Renewed         | Use service     | 640              | 600            | 240
    Cancel page     | Cancelled       | 410              | 406            | 1.5
    Cancel page     | Renewal offer   | 100              | 96             | 20
    Cancel page     | Renewed         | 8                | 7              | 60
"""


REACHED = {
    "Discover": 3705,
    "Evaluate": 2339,
    "Buy": 1563,
    "Onboard": 1247,
    "Use": 1177,
    "Get help": 881,
    "Renew": 1145,
}


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The Wilson interval at 95 %."""
    z = 1.959963984540054
    middle = (part + z * z / 2) / (whole + z * z)
    half = z * sqrt(part * (whole - part) / whole + z * z / 4) / (whole + z * z)
    return max(middle - half, 0), min(middle + half, 1)


def published() -> dict[str, pl.DataFrame]:
    """Every table the pages read, of a company whose journeys are as in `TOUCHPOINTS`."""
    given = table(TOUCHPOINTS)
    return {
        "benchmarks": benchmarks(),
        "checks": checks(),
        "churn_list": churn_list(),
        "churn_scores": churn_scores(),
        "contact_starts": contact_starts(),
        "drop_off_causes": drop_off_causes(),
        "drop_off_changes": drop_off_changes(),
        "drop_off_spans": drop_off_spans(),
        "drop_off_points": drop_off_points(given),
        "drop_offs": drop_offs(given),
        "effort": effort(),
        "graph_paths": graph_paths(),
        "journey_map": journey_map(given),
        "learned_models": table("""
            model    | status | least_customers | customer_count | stability
            personas | fitted | 100             | 3105           | 0.97
            stages   | fitted | 100             | 412            |
        """),
        "learned_stages": table("""
            learned_stage | touchpoints                                   | event_share | customer_count | stay_hours_p50 | probability | rule_stage | rule_event_count | rule_stage_share
            1             | web: docs_read 61%, Visit site 22%            | 0.4         | 398            | 30             | 0.91        | Explore    | 210              | 0.83
            2             | web: plans, prices 55%, web: export_run 40%   | 0.6         | 240            |                | 0.88        |            | 0                |
        """),
        "moments_of_truth": moments_of_truth(),
        "notes": table("""
            about | kind        | note                        | author | written_on
            Buy   | opportunity | Ask for the address earlier | Maria  | 2027-02-01
        """),
        "opportunities": table("""
            grain      | rank | name     | factor     | value       | from_on    | to_on      | lost_share | other_lost_share | journeys | journeys_low | journeys_high | value_cents_low | value_cents_high
            stage      | 1    | Evaluate | period     | web, mobile | 2027-01-11 | 2027-01-22 | 0.6        | 0.35             | 26       | 12.4         | 39.6          | 124000          | 396000
            stage      | 2    | Use      | met before | Complaint   |            |            | 0.31       | 0.2              | 8        | 0.7          | 15            | 7000            | 150000
        """),
        "pain_points": pain_points(),
        "parameters": parameters(),
        "persona_changes": table("""
            previous_persona | persona | overlap | is_same
            2                | 1       | 0.93    | true
            1                | 1       | 0.02    | false
        """),
        "personas": table("""
            persona | customer_count | customer_share | share_low | share_high | traits                                                                                                              | path                                     | near_share | completed_share | completed_low | completed_high
            1       | 2100           | 0.676          | 0.659     | 0.692      | meets Read pricing: 91% (90 to 92%) against 70% of everybody                                                        | Visit site > Read pricing > Order placed | 0.31       | 0.2             | 0.18          | 0.22
            2       | 1005           | 0.324          | 0.308     | 0.341      | meets Ask sales: 62% (59 to 65%) against 37% of everybody; is met by chat: 64% (61 to 67%) against 40% of everybody | Ask sales > Quote sent                   | 0.44       | 0.31            | 0.28          | 0.34
        """),
        "runs": runs(),
        "source_days": source_days(),
        "source_dates": pl.DataFrame(
            {"source": ["portal"], "day_on": [AS_OF.date() - timedelta(days=540)]}
        ),
        "source_health": source_health(),
        "stage_owners": stage_owners(given),
        "stage_quotes": stage_quotes(),
        "stage_transitions": stage_transitions(),
        "themes": themes(),
        "tie_reversals": table("""
            grain      | rank | from_name  | to_name       | share | reversed_share
            touchpoint | 1    | Visit site | Compare plans | 0.43  | 0.41
        """),
        "ties": table("""
            grain | tied_share | by_id_count
            all   | 0.012      | 37
        """),
        "touchpoint_measures": touchpoint_measures(given),
        "touchpoint_transitions": touchpoint_transitions(given),
        "touchpoints": given.select(
            "touchpoint",
            "stage",
            "channel",
            pl.col("position").cast(pl.Int32),
            "visibility",
            "initiator",
            "owner",
            "outcome",
        ),
        "unmapped_kinds": table("""
            source    | channel | kind             | label_example | label_count | event_count | customer_count | suggestion
            portal    | web     | form_submitted   | /router/reset | 3           | 214         | 96             | add `form_submitted /router*` to the events of a touchpoint
            marketing | email   | email_opened     | welcome       | 2           | 1802        | 840            | a report on delivery: may stay unmapped
        """),
    }


def connect(tables: Mapping[str, pl.DataFrame]) -> duckdb.DuckDBPyConnection:
    """A database that holds `tables`."""
    con = duckdb.connect(
        config={
            "python_enable_replacements": "false",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )
    for name, frame in tables.items():
        con.register("given", frame)
        con.execute(f"create table {name} as from given")
        con.unregister("given")
    return con


def parameters() -> pl.DataFrame:
    """Dormancy 30 days, horizon 60 days, as of `AS_OF`."""
    day = 86_400_000_000
    return pl.DataFrame(
        {
            "as_of": [AS_OF],
            "dormancy_us": [30 * day],
            "horizon_us": [60 * day],
            "horizon_days": [60.0],
            "min_history_us": [30 * day],
            "company": ["Larkspur Broadband"],
            "currency": ["GBP"],
        }
    )


def runs() -> pl.DataFrame:
    """Two runs; the later one made the tables."""
    rows = [
        {
            "run_id": f"2027-03-{27 - back}-8e41aa0{back}",
            "night": 2 - back,
            "as_of": AS_OF - timedelta(days=back),
            "started_at": AS_OF - timedelta(days=back),
            "finished_at": AS_OF + timedelta(minutes=4, seconds=25) - timedelta(days=back),
            "event_count": 32_666,
            "customer_count": 4_000,
            "failed_checks": "",
            "digest": "8e41aa07c3d2",
            "step_seconds": '{"land": 41.2, "stitch": 63, "order": 12.1, "models": 35, "graph": 8, '
            '"churn": 48, "checks": 3.2, "publish": 9}',
        }
        for back in (0, 1)
    ]
    return pl.DataFrame(rows)


def checks() -> pl.DataFrame:
    """One claim in three does not hold."""
    return table("""
        claim                               | reason                             | is_met | failing_row_count
        every_event_has_one_customer        | Sums over customers must add up.   | true   | 0
        no_customer_has_too_many_identifiers | A crowd is a shared device.       | false  | 1
        stage_flows_balance                 | What comes in goes out.            | true   | 0
    """)


def source_health() -> pl.DataFrame:
    """Mail is late and the CRM refused many records."""
    return table("""
        source    | format     | channel | state | reason                                    | record_count | landed_count | duplicate_count | refused_count | ignored_count | event_count | machine_event_count | unlinked_event_count | refused_share | newest_at           | age_hours | max_age_hours
        chat      | intercom   | chat    | good  |                                           | 18220        | 18208        | 12              | 0             | 0             | 18208       | 0                   | 73                   | 0.0           | 2027-03-27T05:48:00 | 0.2       | 48.0
        crm       | salesforce | crm     | check | 57 of 2344 records refused                | 2344         | 2287         | 0               | 57            | 0             | 2287        | 0                   | 0                    | 0.0243        | 2027-03-27T05:00:00 | 1.0       | 48.0
        marketing | sendgrid   | email   | check | newest record is 26 h old, limit 6 h      | 44910        | 43820        | 902             | 188           | 0             | 43820       | 310                 | 522                  | 0.0042        | 2027-03-26T04:00:00 | 26.0      | 6.0
        portal    | access_log | web     | good  |                                           | 612440       | 601287       | 3112            | 41            | 8000          | 601287      | 20000               | 18020                | 0.0001        | 2027-03-27T05:57:00 | 0.05      | 48.0
    """)


def source_days() -> pl.DataFrame:
    """Thirty days of each source; mail falls silent on the last two."""
    usual = {"chat": 600, "crm": 80, "marketing": 1400, "portal": 20_000}
    return pl.DataFrame(
        [
            {
                "source": source,
                "day_on": AS_OF.date() - timedelta(days=back),
                "event_count": 0
                if source == "marketing" and back < 2
                else usual[source] * (90 + back * 7 % 23) // 100,
            }
            for source in usual
            for back in range(30)
        ]
    )


def touchpoint_measures(given: pl.DataFrame) -> pl.DataFrame:
    """Measures of each touchpoint; intervals as of messages that spread by a half."""
    reach = 0.98 / pl.col("message_count").sqrt()
    return given.select(
        "touchpoint",
        "stage",
        "position",
        (pl.col("customer_count") * 2).alias("event_count"),
        "customer_count",
        (pl.col("customer_count") / pl.col("stage").replace_strict(REACHED)).alias(
            "share_of_stage"
        ),
        "message_count",
        pl.col("sentiment").alias("sentiment_mean"),
        (pl.col("sentiment") - reach).alias("sentiment_low"),
        (pl.col("sentiment") + reach).alias("sentiment_high"),
    )


def _left(rows: pl.DataFrame, part: str, whole: str) -> list[tuple[float, float]]:
    """The interval of each row's share."""
    return [wilson(*counts) for counts in rows.select(part, whole).iter_rows()]


def drop_offs(given: pl.DataFrame) -> pl.DataFrame:
    """The exits from each stage and touchpoint."""
    frames = []
    for grain, names in (("stage", "stage"), ("touchpoint", "touchpoint")):
        counted = given.group_by(names, maintain_order=True).agg(
            pl.col("stage").first().alias("in_stage"),
            pl.col("ended").sum().alias("settled_ended_count"),
            (pl.col("settled").sum() if grain == "touchpoint" else pl.col("settled").max()).alias(
                "settled_count"
            ),
        )
        bounds = _left(counted, "settled_ended_count", "settled_count")
        frames.append(
            counted.select(
                pl.lit(grain).alias("grain"),
                pl.col(names).alias("name"),
                pl.col("in_stage").alias("stage"),
                (pl.col("settled_count") + 40).alias("entries"),
                "settled_count",
                "settled_ended_count",
                (pl.col("settled_ended_count") / pl.col("settled_count")).alias("drop_off_share"),
                pl.Series("share_low", [low for low, _ in bounds]),
                pl.Series("share_high", [high for _, high in bounds]),
                (pl.col("settled_ended_count") * 42_000).alias("value_lost_cents"),
                pl.col("settled_ended_count").rank("ordinal", descending=True).alias("rank"),
            )
        )
    return pl.concat(frames)


def journey_map(given: pl.DataFrame) -> pl.DataFrame:
    """The stages; survey scores in four of them, too few answers in the last."""
    stages = table(STAGES).join(
        table("""
            stage    | customer_count | median_days | sentiment_share | sentiment_mean | nps  | nps_count | csat | csat_count | ces | ces_count
            Discover | 3705           | 0.2         | 0.0             |                |      | 0         |      | 0          |     | 0
            Evaluate | 2339           | 0.4         | 0.48            | 0.12           |      | 0         | 0.81 | 312        |     | 0
            Buy      | 1563           | 0.6         | 0.36            | 0.18           |      | 0         | 0.86 | 540        | 2.1 | 498
            Onboard  | 1247           | 4.2         | 0.18            | 0.08           |      | 0         | 0.44 | 402        | 4.4 | 377
            Use      | 1177           | 21.4        | 0.0             |                | 18.2 | 611       |      | 0          |     | 0
            Get help | 881            | 5.1         | 0.52            | -0.30          |      | 0         | 0.52 | 287        | 4.0 | 270
            Renew    | 1145           | 1.0         | 0.42            | 0.06           |      | 24        |      | 0          |     | 0
        """),
        on="stage",
    )
    left = drop_offs(given).filter(pl.col("grain") == "stage")
    return stages.join(
        left.select(
            pl.col("name").alias("stage"),
            pl.col("settled_count").alias("left_base_count"),
            pl.col("settled_ended_count").alias("left_count"),
            pl.col("drop_off_share").alias("left_share"),
            pl.col("share_low").alias("left_low"),
            pl.col("share_high").alias("left_high"),
        ),
        on="stage",
    ).with_columns(
        (pl.col("customer_count") / 4000).alias("reach_share"),
        (pl.col("customer_count") * 3).alias("event_count"),
        (pl.col("customer_count") * pl.col("sentiment_share"))
        .cast(pl.Int64)
        .alias("message_count"),
        pl.lit(2).alias("channel_count"),
        pl.lit(4).alias("channel_total"),
        *(
            (pl.col(name) + sign * reach).alias(f"{name}_{end}")
            for name, reach in {"nps": 6.0, "csat": 0.05, "ces": 0.2}.items()
            for end, sign in {"low": -1, "high": 1}.items()
        ),
    )


def benchmarks() -> pl.DataFrame:
    """What two stages and a touchpoint are compared with."""
    return table("""
        number | measure        | grain      | name         | benchmark | source            | as_of_on   | value | verdict
        1      | csat           | stage      | Get help     | 0.8       | Industry report   | 2026-12-31 | 0.52  | below
        2      | nps            | stage      | Renew        | 20        | Our own last year |            |       | cannot tell
        3      | drop_off_share | touchpoint | Visit site   | 0.4       | Industry report   | 2026-12-31 | 0.31  | below
    """)


def contact_starts() -> pl.DataFrame:
    """Who begins the contacts of three stages; nobody has come to a fourth."""
    return table("""
        grain | name     | contact_count | company_started_share | company_started_low | company_started_high
        stage | Evaluate | 2800          | 0.24                  | 0.22                | 0.26
        stage | Onboard  | 2610          | 0.70                  | 0.68                | 0.72
        stage | Get help | 2364          | 0.51                  | 0.49                | 0.53
        stage | Renew    | 0             |                       |                     |
    """)


def effort() -> pl.DataFrame:
    """What it takes to get help; before buying, nothing is resolved yet."""
    return table("""
        grain | name     | contacts_per_resolution | contacts_low | contacts_high | resolved_count | open_case_count | repeated_share | repeated_low | repeated_high
        stage | Evaluate |                         |              |               | 0              | 12              |                |              |
        stage | Get help | 1.62                    | 1.55         | 1.69          | 870            | 41              | 0.22           | 0.2          | 0.24
    """)


def moments_of_truth() -> pl.DataFrame:
    """One touchpoint that decides, one that is noticed when it fails, and two others."""
    return table("""
        touchpoint    | rank | importance      | verdict            | visit_count | open_count | completed_share | other_completed_share | difference | difference_low | difference_high | penalty | penalty_low | penalty_high | reward | reward_low | reward_high
        Visit site    |      | minor           | no difference seen | 3253        | 120        | 0.181           | 0.179                 | 0.002      | -0.02          | 0.024           |         |             |              |        |            |
        Install moved | 1    | major           | moment of truth    | 382         | 30         | 0.31            | 0.46                  | -0.15      | -0.21          | -0.09           | -0.05   | -0.13       | 0.03         |        |            |
        Support chat  |      | moment of truth | hygiene            | 864         | 77         | 0.42            | 0.43                  | -0.01      | -0.05          | 0.03            | -0.18   | -0.25       | -0.11        | 0.01   | -0.05      | 0.07
        Complaint     |      | moment of truth | too few to compare | 21          | 4          |                 |                       |            |                |                 |         |             |              |        |            |
    """)


def themes() -> pl.DataFrame:
    """What is said where installations are moved, and where people complain."""
    return table("""
        stage    | touchpoint    | language | rank | theme                         | customer_count
        Onboard  | Install moved | en       | 1    | third date, day off           | 61
        Onboard  | Install moved | en       | 2    | nobody called                 | 7
        Get help | Complaint     | en       | 1    | explained, four people        | 40
        Get help | Support chat  | en       | 1    | explained, four people        | 12
    """)


def pain_points() -> pl.DataFrame:
    """The troubles of each stage."""
    return table("""
        stage    | rank | touchpoint    | trouble                        | customer_count | share
        Discover | 1    | Visit site    | left after it                  | 1011           | 0.27
        Discover | 2    | Read pricing  | left after it                  | 489            | 0.13
        Evaluate | 1    | Quote sent    | left after it                  | 238            | 0.10
        Evaluate | 2    | Ask sales     | needed again within 7 days     | 96             | 0.04
        Buy      | 1    | Credit check  | over 3 days of waiting for us  | 124            | 0.08
        Onboard  | 1    | Install moved | unhappy messages               | 382            | 0.31
        Onboard  | 2    | Install done  | over 3 days of waiting for us  | 181            | 0.15
        Use      | 1    | View bill     | sent back a stage              | 257            | 0.22
        Get help | 1    | Support chat  | needed again within 7 days     | 188            | 0.21
        Get help | 2    | Complaint     | unhappy messages               | 71             | 0.08
        Renew    | 1    | Cancel page   | left after it                  | 7              | 0.01
    """).with_columns((pl.col("touchpoint") + ": " + pl.col("trouble")).alias("pain"))


def stage_owners(given: pl.DataFrame) -> pl.DataFrame:
    """Owners of each stage, by customers."""
    return (
        given.group_by("stage", "owner", maintain_order=True)
        .agg(pl.col("customer_count").max())
        .with_columns(
            pl.col("customer_count").rank("ordinal", descending=True).over("stage").alias("place")
        )
    )


def stage_quotes() -> pl.DataFrame:
    """One message in three stages."""
    return table("""
        stage    | touchpoint    | occurred_at         | channel | text                                                   | sentiment
        Onboard  | Install moved | 2026-05-14T10:00:00 | chat    | Third date in two weeks. I took a day off for nothing. | -0.8
        Get help | Complaint     | 2026-06-02T10:00:00 | email   | I have explained this to four people now.              | -0.7
        Renew    | Renewed       | 2026-07-08T10:00:00 | chat    | They matched the price in two minutes.                 | 0.6
    """)


def touchpoint_transitions(given: pl.DataFrame) -> pl.DataFrame:
    """The ways between touchpoints, and the end of those journeys that ended."""
    settled = given.select(pl.col("touchpoint").alias("from_touchpoint"), "settled", "ended")
    ends = settled.filter(pl.col("ended") > 0).select(
        "from_touchpoint",
        pl.lit("(ended)").alias("to_touchpoint"),
        pl.col("ended").alias("transition_count"),
        pl.col("ended").alias("customer_count"),
        pl.lit(None, pl.Float64).alias("wait_hours_p50"),
    )
    steps = table(STEPS).with_columns(pl.col("wait_hours_p50").cast(pl.Float64))
    both = pl.concat([steps, ends]).join(settled, on="from_touchpoint", maintain_order="left")
    bounds = _left(
        both.with_columns(pl.min_horizontal("customer_count", "settled").alias("part")),
        "part",
        "settled",
    )
    return both.select(
        "from_touchpoint",
        "to_touchpoint",
        "transition_count",
        "customer_count",
        pl.col("customer_count").alias("settled_count"),
        (pl.col("customer_count") / pl.col("settled")).alias("share"),
        pl.Series("share_low", [low for low, _ in bounds]),
        pl.Series("share_high", [high for _, high in bounds]),
        "wait_hours_p50",
    )


def stage_transitions() -> pl.DataFrame:
    """The ways between stages."""
    return table("""
        from_stage | to_stage    | transition_count | share
        (start)    | Discover    | 3705             |
        Discover   | Evaluate    | 2100             | 0.57
        Discover   | (ended)     | 1500             | 0.40
        Discover   | (open)      | 105              |
        Evaluate   | Buy         | 1390             | 0.59
        Evaluate   | (ended)     | 937              | 0.40
        Buy        | Onboard     | 1247             | 0.80
        Buy        | (ended)     | 249              | 0.16
        Onboard    | Use         | 900              | 0.72
        Onboard    | Get help    | 240              | 0.19
        Onboard    | (ended)     | 87               | 0.07
        Use        | Get help    | 640              | 0.33
        Use        | Renew       | 790              | 0.41
        Use        | (ended)     | 119              | 0.10
        Get help   | Use         | 820              | 0.93
        Get help   | Renew       | 61               | 0.07
        Renew      | (completed) | 677              | 0.53
        Renew      | (ended)     | 499              | 0.44
    """)


def drop_off_changes() -> pl.DataFrame:
    """A planted incident of two weeks, and a week that only looks odd."""
    return table("""
        touchpoint   | stage    | channel | device_kind | week_on    | settled_count | ended_count | share | share_low | share_high | baseline_share | excess_ended | z    | rank
        Order placed | Buy      | web     | phone       | 2027-01-11 | 64            | 38          | 0.594 | 0.471     | 0.705      | 0.071          | 33.5         | 14.2 | 1
        Order placed | Buy      | web     | phone       | 2027-01-18 | 58            | 31          | 0.534 | 0.408     | 0.657      | 0.074          | 26.7         | 11.8 | 2
        Quote sent   | Evaluate | email   |             | 2026-11-02 | 40            | 20          | 0.500 | 0.352     | 0.648      | 0.340          | 6.4          | 2.1  | 3
    """)


def drop_off_spans() -> pl.DataFrame:
    """From which day to which day each raised week really lasted."""
    return table("""
        rank | from_on    | to_on      | settled_count | ended_count | share
        1    | 2027-01-11 | 2027-01-22 | 118           | 69          | 0.585
        2    | 2027-01-11 | 2027-01-22 | 118           | 69          | 0.585
        3    | 2026-11-02 | 2026-11-04 | 22            | 13          | 0.591
    """)


def drop_off_causes() -> pl.DataFrame:
    """One cause that stands out, of half of the customers looked at, and one that does not."""
    return table("""
        grain      | rank | name          | factor      | value  | from_on | to_on | settled_count | lost_share | other_lost_share | effect | effect_low | effect_high | excess_lost_low | excess_lost_high | sampled_share
        touchpoint | 1    | Compare plans | device_kind | mobile |         |       | 820           | 0.5        | 0.35             | 0.15   | 0.11       | 0.19        | 90              | 156              | 0.5
        touchpoint |      | Compare plans | channel     | web    |         |       | 700           | 0.4        | 0.41             | -0.01  | -0.05      | 0.03        | -35             | 21               | 0.5
        stage      | 1    | Evaluate      | device_kind | mobile |         |       | 900           | 0.5        | 0.35             | 0.15   | 0.11       | 0.19        | 99              | 171              | 0.5
    """)


def drop_off_points(given: pl.DataFrame) -> pl.DataFrame:
    """The touchpoints that journeys ended at, outcomes left out; nobody else would complete."""
    decided = given.filter(pl.col("outcome").is_not_null())["touchpoint"].implode()
    return (
        drop_offs(given)
        .filter(
            pl.col("grain") == "touchpoint",
            pl.col("settled_ended_count") > 0,
            ~pl.col("name").is_in(decided),
        )
        .sort("settled_ended_count", "name", descending=[True, False])
        .select(
            "grain",
            pl.int_range(1, pl.len() + 1).alias("rank"),
            "name",
            "stage",
            "settled_count",
            "settled_ended_count",
            "drop_off_share",
            "share_low",
            "share_high",
            (pl.col("name") == "Order placed").alias("is_must_pass"),
            (pl.col("settled_ended_count") * 0.2).alias("completions_lost"),
        )
    )


def graph_paths() -> pl.DataFrame:
    """The likeliest way to the goal."""
    return table("""
        grain      | step | name          | share | path_share
        stage      | 1    | Discover      | 0.9   | 0.9
        stage      | 2    | Evaluate      | 0.6   | 0.54
        stage      | 3    | Buy           | 0.2   | 0.108
        stage      | 4    | Renew         | 0.2   | 0.022
        stage      | 5    | (completed)   | 1.0   | 0.022
        touchpoint | 1    | Visit site    | 0.9   | 0.9
    """)


def churn_scores() -> pl.DataFrame:
    """A hundred customers at risks from 1% to 99%, and twenty without a score."""
    return pl.DataFrame(
        {
            "model_id": ["mbg_nbd-5c1f0a2b"] * 120,
            "customer_id": [f"c{n:03}" for n in range(120)],
            "churn_risk": [((99 - n) / 100) ** 3 if n < 100 else None for n in range(120)],
            "is_scored": [n < 100 for n in range(120)],
            "reason_not_scored": [
                None if n < 100 else ("already left" if n < 115 else "no value event yet")
                for n in range(120)
            ],
        }
    )


def churn_list() -> pl.DataFrame:
    """The thirty customers most at risk."""
    return pl.DataFrame(
        [
            {
                "rank": n + 1,
                "customer_id": f"8e41aa{n:02}c0ffee",
                "contact": "j***@example.org" if n % 3 else None,
                "churn_risk": ((99 - n) / 100) ** 3,
                "silence": f"no use for {60 - n} days; usual gap 6 days",
                "stage": "Use",
                "last_touchpoint": "View bill",
                "last_touched_on": AS_OF.date() - timedelta(days=60 - n),
                "value_cents": 42_000 + 1_000 * n,
                "currency": "GBP",
                "reason": "no use for 9 times the usual gap" if n % 2 else "comes seldom",
            }
            for n in range(30)
        ]
    )
