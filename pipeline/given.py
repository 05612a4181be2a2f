"""What the models read that is no record: catalogue, sources, thresholds, business days."""

from datetime import timedelta

import polars as pl

from pipeline.business_days import business_days
from pipeline.catalogue import benchmarks
from pipeline.catalogue import files as catalogue
from pipeline.catalogue.goals import goals
from pipeline.identity import golden
from pipeline.job import Job
from pipeline.landing.clocks import microseconds
from pipeline.landing.formats import format_named
from pipeline.landing.schema import INSTANT
from pipeline.paths.codes import path_codes
from pipeline.paths.spans import retention_spans
from pipeline.settings import CHANNELS, Settings

USUAL_DORMANCY_DAYS = 30.0
# A chat or a page is over after half an hour; a mail conversation takes days.
SESSION_GAP_MINUTES = dict.fromkeys(CHANNELS, 30.0) | {
    "email": 4_320.0,
    "crm": 1_440.0,
    "survey": 1_440.0,
    "social": 1_440.0,
}


def given_tables(settings: Settings, job: Job) -> dict[str, pl.DataFrame]:
    """The tables that come from the configuration rather than from records."""
    from pipeline.change import interventions  # noqa: PLC0415 - scipy: slow

    read = catalogue.read(settings.folder)
    gaps = SESSION_GAP_MINUTES | dict(settings.journeys.session_gap_minutes)
    return {
        "touchpoints": read.touchpoints,
        "touchpoint_patterns": read.touchpoint_patterns,
        "stages": read.stages.with_columns(rules_version=pl.lit(catalogue.version(read))),
        "notes": read.notes,
        "goals": goals(settings.goals, read.touchpoints["touchpoint"].to_list()),
        "interventions": interventions.read(
            settings.folder, read.touchpoints["touchpoint"].to_list()
        ),
        "given_benchmarks": benchmarks.read(
            settings.folder,
            read.stages["stage"].to_list(),
            read.touchpoints["touchpoint"].to_list(),
        ),
        "path_codes": path_codes(read.stages, read.touchpoints),
        "retention_spans": retention_spans(),
        "business_days": business_days(
            settings.company.time_zone, until=job.as_of_at.date() + timedelta(days=1)
        ),
        "channels": pl.DataFrame(
            [
                {"channel": channel, "gap_us": round(minutes * 60_000_000)}
                for channel, minutes in sorted(gaps.items())
            ]
        ),
        "sources": pl.DataFrame(
            [
                {
                    "source": name,
                    "format": source.format,
                    "channel": source.channel or format_named(source.format).default_channel,
                    "rank": source.rank,
                    "max_age_us": round(source.max_age_hours * 3_600_000_000),
                }
                for name, source in sorted(settings.sources.items())
            ],
            schema={
                "source": pl.String,
                "format": pl.String,
                "channel": pl.String,
                "rank": pl.Int32,
                "max_age_us": pl.Int64,
            },
        ),
        "golden_strategies": golden.strategies(settings.identity),
        "parameters": parameters(settings, job),
    }


def parameters(settings: Settings, job: Job) -> pl.DataFrame:
    """The one row of thresholds and instants that models read."""
    day = 86_400_000_000
    as_of = job.as_of_at
    # Where it is not configured, the models wait for what the data say.
    dormancy_days = settings.journeys.dormancy_days or USUAL_DORMANCY_DAYS
    return pl.DataFrame(
        [
            {
                "as_of": as_of.replace(tzinfo=None),
                "as_of_us": microseconds(as_of),
                "dormancy_us": round(dormancy_days * day),
                "aftermath_us": round(settings.journeys.aftermath_minutes * 60_000_000),
                "horizon_us": round(settings.churn.horizon_days * day),
                "horizon_days": settings.churn.horizon_days,
                "min_history_us": round(settings.churn.min_history_days * day),
                "company": settings.company.name,
                "currency": settings.company.currency,
                "max_customer_identifiers": settings.identity.max_customer_identifiers,
                "show_identifiers": settings.publish.show_identifiers,
                "backfill_us": round(settings.identity.device_backfill_minutes * 60_000_000),
            }
        ],
        schema_overrides={"as_of": INSTANT},
    )
