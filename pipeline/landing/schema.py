"""The tables that landing writes. Instants are naive UTC microseconds; money is minor units."""

import polars as pl
from polars._typing import PolarsDataType

INSTANT: PolarsDataType = pl.Datetime("us")

LANDED_EVENTS = pl.Schema(
    {
        "event_id": pl.String,  # UUIDv5 of source and its own id, or of the content
        "content_hash": pl.String,  # md5 of what the source said; tells revisions from repeats
        "source": pl.String,
        "channel": pl.String,
        "kind": pl.String,  # object_verbed
        "kind_raw": pl.String,  # the source's own word for the kind
        "label": pl.String,  # what it was about: page path, mail category, deal stage ...
        "occurred_at": INSTANT,
        "time_precision": pl.String,  # microsecond, millisecond, second, minute, day
        "time_basis": pl.String,  # explicit, source_zone, fold, gap
        "received_at": INSTANT,
        "known_at": INSTANT,
        "file_id": pl.String,
        "record_number": pl.Int64,
        "source_sequence": pl.Int64,  # the source's own order among tied instants, else 0
        "actor": pl.String,  # customer, agent, bot, system
        "direction": pl.String,  # inbound, outbound, internal
        "is_machine": pl.Boolean,
        "machine_reason": pl.String,
        "device_kind": pl.String,  # desktop, mobile, tablet, other
        "object_kind": pl.String,
        "object_id": pl.String,
        "text": pl.String,  # personal data already taken out
        "sentiment": pl.Float64,  # -1 to 1; null when not scored
        "sentiment_basis": pl.String,  # scored, or why not
        "amount_cents": pl.Int64,
        "currency": pl.String,
        "score_kind": pl.String,  # nps, csat, ces
        "score": pl.Float64,
        "link": pl.String,
        "properties": pl.String,  # JSON object
    }
)

LANDED_IDENTIFIERS = pl.Schema(
    {
        "event_id": pl.String,
        "source": pl.String,
        "namespace": pl.String,
        "value": pl.String,  # normal form
        "role": pl.String,  # actor, recipient, subject, mentioned, agent
        "is_authenticated": pl.Boolean,
        "is_merge": pl.Boolean,  # the source declares these to be one person
        "is_machine": pl.Boolean,
        "occurred_at": INSTANT,
        "known_at": INSTANT,
        "night": pl.Int32,
    }
)

LANDED_ATTRIBUTES = pl.Schema(
    {
        "event_id": pl.String,
        "source": pl.String,
        "attribute": pl.String,  # full_name, birth_on, country, consent_email ...
        "value": pl.String,  # normal form; personal data
        "occurred_at": INSTANT,
        "known_at": INSTANT,
        "night": pl.Int32,
    }
)

QUARANTINE = pl.Schema(
    {
        "file_id": pl.String,
        "source": pl.String,
        "record_number": pl.Int64,
        "raw": pl.String,
        "reasons": pl.String,
    }
)

FILES = pl.Schema(
    {
        "file_id": pl.String,  # source and content hash
        "source": pl.String,
        "path": pl.String,  # relative to the project folder
        "byte_count": pl.Int64,
        "record_count": pl.Int64,  # = landed + duplicate + quarantined + ignored
        "landed_count": pl.Int64,
        "duplicate_count": pl.Int64,
        "revised_count": pl.Int64,  # of the duplicates: same id, other content; kept aside
        "quarantined_count": pl.Int64,
        "ignored_count": pl.Int64,
        "event_count": pl.Int64,  # events landed; a record may hold several
        "ignored_rules": pl.String,  # JSON: rule -> records
        "batch_id": pl.String,
        "landed_at": INSTANT,
        "night": pl.Int32,  # the publish it was landed for, counted from 1
        "is_backfill": pl.Boolean,
    }
)
