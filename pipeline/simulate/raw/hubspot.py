"""The marketing CRM: HubSpot's tables as CSV, one folder a month, stamps in UTC without a zone.

Headers (a subset of the tables a Fivetran connector makes):
    contact_data: _fivetran_deleted, _fivetran_synced, property_email, id, property_company,
        property_firstname, property_lastname, property_email_1, property_createdate,
        property_jobtitle, property_annualrevenue, property_hs_merged_object_ids,
        property_created_at, property_first_conversion_date
    contact_property_history_data: contact_id, timestamp, _fivetran_synced, source, name, value,
        source_id
    contact_merge_audit_data: canonical_vid, contact_id, vid_to_merge, _fivetran_synced, entity_id,
        first_name, last_name, num_properties_moved, timestamp, user_id
    deal_data: deal_id, is_deleted, deal_pipeline_id, deal_pipeline_stage_id, owner_id, portal_id,
        property_dealname, property_description, property_amount, property_closedate,
        property_createdate
    deal_stage_data: _fivetran_start, deal_id, _fivetran_active, _fivetran_end, _fivetran_synced,
        date_entered, source, source_id, value
    deal_pipeline_stage_data: _fivetran_deleted, _fivetran_synced, active, closed_won, is_closed,
        display_order, probability, stage_id, label, pipeline_id, created_at, updated_at
    deal_contact_data: contact_id, deal_id, _fivetran_synced, type_id, category
    engagement_data, engagement_contact_data, engagement_note_data: notes of the engineers
Every folder is whole: a deal that has a stage row in it has its own row and its contact in it.
"""

import numpy as np
import polars as pl

from pipeline.simulate import chance, dirt, identifiers, stamps, way
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company, Written

SOURCE = "hubspot"
BOOKED, MOVED, DONE, ORDER, ASK, QUOTE = (
    way.NUMBER[name]
    for name in (
        "Install booked",
        "Install moved",
        "Install done",
        "Order placed",
        "Ask sales",
        "Quote sent",
    )
)
STAGE_IDS = {BOOKED: "appointmentbooked", MOVED: "appointmentmoved", DONE: "installed"}
PIPELINE = "installations"
SYNC_DELAY = 15 * stamps.MINUTE


def deal_ids(rows: pl.DataFrame) -> pl.Series:
    """The number of each row's installation deal: one for each order."""
    return (50_000_000 + rows["person_id"] * 16 + rows["order_number"].cast(pl.Int64)).cast(
        pl.String
    )


def _contacts(company: Company) -> pl.DataFrame:
    """One row per contact: person_id, which, at, email, lifecycle, ordered_at.

    A person who gave another address before ordering has two, which are merged later.
    """
    persons = company.persons
    met = written.met(company, [ASK, QUOTE, ORDER]).filter(pl.col("form") != 2)
    order = pl.col("at").filter(pl.col("touchpoint") == ORDER).min()
    first = met.group_by("person_id").agg(
        first_at=pl.col("at").min(), ordered_at=order
    ).sort("person_id")  # fmt: skip
    person = first["person_id"]
    first = first.with_columns(
        email=persons["email"].gather(person), second=persons["second_email"].gather(person)
    )
    early = first.filter(
        pl.col("second").is_not_null()
        & (pl.col("ordered_at").is_null() | (pl.col("first_at") < pl.col("ordered_at")))
    ).select("person_id", "ordered_at", at="first_at", email="second", which=pl.lit(1))
    main = first.filter(pl.col("second").is_null() | pl.col("ordered_at").is_not_null()).select(
        "person_id",
        "ordered_at",
        at=pl.when(pl.col("second").is_null()).then("first_at").otherwise("ordered_at"),
        email="email",
        which=pl.lit(0),
    )
    both = pl.concat([early, main]).with_columns(at=pl.col("at") + stamps.MINUTE)
    both = both.filter(pl.col("at") < company.last).sort("at", "person_id", "which")
    contact = identifiers.hubspot_contacts(both["person_id"].to_numpy(), both["which"].to_numpy())
    return both.with_columns(contact=contact)


def _merges(contacts: pl.DataFrame, company: Company) -> pl.DataFrame:
    """One row per merge of a person's two contacts: person_id, at, kept, merged."""
    kept = contacts.filter(pl.col("which") == 0)
    gone = contacts.filter(pl.col("which") == 1)
    pairs = kept.join(gone.select("person_id", merged="contact"), on="person_id", how="inner")
    return (
        pairs.select(
            "person_id", "merged", kept="contact", at=pl.col("ordered_at") + 5 * stamps.DAY
        )
        .filter(pl.col("at") < company.last)
        .sort("at", "person_id")
    )


def _names(rows: pl.DataFrame, company: Company) -> dict[str, pl.Series]:
    person = rows["person_id"]
    return {
        "first": company.persons["first_name"].gather(person),
        "last": company.persons["last_name"].gather(person),
    }


def _contact_table(contacts: pl.DataFrame, merges: pl.DataFrame, company: Company) -> pl.DataFrame:
    """contact_data: a contact in the month it was made, and again when another joined it."""
    joined = contacts.join(
        merges.select("merged", contact="kept", merged_at="at"), on="contact", how="inner"
    ).with_columns(changed_at="merged_at")
    made = contacts.with_columns(merged=pl.lit(None, pl.String), changed_at="at")
    rows = pl.concat([made, joined.select(made.columns)]).sort("changed_at", "person_id", "which")
    keys = chance.keyed(
        chance.root(company.seed, "hubspot contact"),
        rows["person_id"].to_numpy(),
        rows["which"].to_numpy(),
    )
    names = _names(rows, company)
    made_at = stamps.plain(rows["at"].to_numpy())
    return pl.DataFrame(
        {
            "month": stamps.month(rows["changed_at"].to_numpy()),
            "_fivetran_deleted": pl.repeat("false", rows.height, eager=True),
            "_fivetran_synced": stamps.plain(rows["changed_at"].to_numpy() + SYNC_DELAY),
            "property_email": identifiers.respelled_emails(rows["email"], keys, company.plan),
            "id": rows["contact"],
            "property_company": None,
            "property_firstname": names["first"],
            "property_lastname": names["last"],
            "property_email_1": None,
            "property_createdate": made_at,
            "property_jobtitle": None,
            "property_annualrevenue": None,
            "property_hs_merged_object_ids": rows["merged"],
            "property_created_at": made_at,
            "property_first_conversion_date": None,
        }
    )


def _history_table(contacts: pl.DataFrame, company: Company) -> pl.DataFrame:
    """contact_property_history_data: the lifecycle stage, and the phone from the first order on."""
    ordered = contacts.filter((pl.col("which") == 0) & pl.col("ordered_at").is_not_null())
    ordered = ordered.with_columns(at=pl.col("ordered_at") + 2 * stamps.MINUTE).filter(
        pl.col("at") < company.last
    )
    phones = company.persons["phone"].gather(ordered["person_id"])
    typed = pl.repeat(identifiers.CALL_CENTRE_PHONES[1], ordered.height, eager=True)
    call_centre = company.persons["has_call_centre_phone"].gather(ordered["person_id"])
    frames = [
        contacts.select(
            "person_id", "contact", "at", name=pl.lit("lifecyclestage"), value=pl.lit("lead")
        ),
        ordered.select(
            "person_id", "contact", "at", name=pl.lit("lifecyclestage"), value=pl.lit("customer")
        ),
        ordered.select(
            "person_id",
            "contact",
            "at",
            name=pl.lit("phone"),
            value=typed.zip_with(call_centre, phones),
        ),
    ]
    rows = pl.concat(frames).sort("at", "person_id", "contact", "name", "value")
    at = stamps.plain(rows["at"].to_numpy())
    return pl.DataFrame(
        {
            "month": stamps.month(rows["at"].to_numpy()),
            "contact_id": rows["contact"],
            "timestamp": at,
            "_fivetran_synced": stamps.plain(rows["at"].to_numpy() + SYNC_DELAY),
            "source": pl.repeat("CRM_UI", rows.height, eager=True),
            "name": rows["name"],
            "value": rows["value"],
            "source_id": None,
        }
    )


def _merge_table(merges: pl.DataFrame, company: Company) -> pl.DataFrame:
    """contact_merge_audit_data."""
    at = merges["at"].to_numpy()
    names = _names(merges, company)
    return pl.DataFrame(
        {
            "month": stamps.month(at),
            "canonical_vid": merges["kept"],
            "contact_id": merges["kept"],
            "vid_to_merge": merges["merged"],
            "_fivetran_synced": stamps.plain(at + SYNC_DELAY),
            "entity_id": None,
            "first_name": names["first"],
            "last_name": names["last"],
            "num_properties_moved": pl.repeat(2, merges.height, eager=True),
            "timestamp": stamps.plain(at),
            "user_id": None,
        }
    )


def _stages(company: Company) -> pl.DataFrame:
    """One row per stage a deal entered and per copy of one, with its month."""
    met = written.met(company, list(STAGE_IDS)).select(
        "person_id", "step", "at", "touchpoint", "order_number"
    )
    met = met.with_columns(deal=deal_ids(met), file_day=(pl.col("at") // stamps.DAY).cast(pl.Int32))
    keys = chance.keyed(
        chance.root(company.seed, SOURCE), met["person_id"].to_numpy(), met["step"].to_numpy()
    )
    bad = (dirt.IMPOSSIBLE, dirt.CUT)
    return written.monthly(dirt.with_copies(met, keys, dirt.heavier(company.plan), bad))


def _stage_table(stages: pl.DataFrame) -> pl.DataFrame:
    """deal_stage_data, with `copy` as a last column."""
    at = stages["at"].to_numpy()
    impossible = pl.repeat("2026-02-31 10:00:00", stages.height, eager=True)
    entered = impossible.zip_with(stages["copy"] == dirt.IMPOSSIBLE, stamps.plain(at))
    value = stages["touchpoint"].replace_strict(STAGE_IDS, return_dtype=pl.String)
    return pl.DataFrame(
        {
            "month": stages["month"],
            "_fivetran_start": entered,
            "deal_id": stages["deal"],
            "_fivetran_active": pl.repeat("true", stages.height, eager=True),
            "_fivetran_end": pl.repeat("9999-12-31 23:59:59", stages.height, eager=True),
            "_fivetran_synced": stamps.plain(at + SYNC_DELAY),
            "date_entered": entered,
            "source": pl.repeat("CRM_UI", stages.height, eager=True),
            "source_id": None,
            "value": value,
            "copy": stages["copy"],
        }
    )


def _deal_tables(stages: pl.DataFrame, company: Company) -> dict[str, pl.DataFrame]:
    """deal_data and deal_contact_data: every deal in each month in which it has a stage row."""
    latest = stages.group_by("month", "deal", maintain_order=True).agg(
        pl.col("person_id", "touchpoint", "order_number", "at").last()
    )
    made = stages.group_by("deal").agg(made_at=pl.col("at").min())
    deals = latest.join(made, on="deal", how="left").sort("month", "made_at", "deal")
    names = _names(deals, company)
    contact = identifiers.hubspot_contacts(
        deals["person_id"].to_numpy(), np.zeros(deals.height, np.int64)
    )
    made_text = stamps.plain(deals["made_at"].to_numpy())
    synced = stamps.plain(deals["at"].to_numpy() + SYNC_DELAY)
    stage = deals["touchpoint"].replace_strict(STAGE_IDS, return_dtype=pl.String)
    deal_data = pl.DataFrame(
        {
            "month": deals["month"],
            "deal_id": deals["deal"],
            "is_deleted": pl.repeat("false", deals.height, eager=True),
            "deal_pipeline_id": pl.repeat(PIPELINE, deals.height, eager=True),
            "deal_pipeline_stage_id": stage,
            "owner_id": None,
            "portal_id": pl.repeat("4703379", deals.height, eager=True),
            "property_dealname": "Installation " + names["last"],
            "property_description": None,
            "property_amount": None,
            "property_closedate": None,
            "property_createdate": made_text,
        }
    )
    deal_contact = pl.DataFrame(
        {
            "month": deals["month"],
            "contact_id": contact,
            "deal_id": deals["deal"],
            "_fivetran_synced": synced,
            "type_id": pl.repeat("3", deals.height, eager=True),
            "category": pl.repeat("HUBSPOT_DEFINED", deals.height, eager=True),
        }
    )
    return {"deal_data": deal_data, "deal_contact_data": deal_contact}


def _stage_names(company: Company) -> pl.DataFrame:
    """deal_pipeline_stage_data, the same in every month."""
    made = stamps.plain(pl.Series([stamps.midnight(company.plan.starts_on)]).to_numpy())[0]
    rows = [
        {
            "_fivetran_deleted": "false",
            "_fivetran_synced": made,
            "active": "true",
            "closed_won": "true" if touchpoint == DONE else "false",
            "is_closed": "true" if touchpoint == DONE else "false",
            "display_order": str(order),
            "probability": "1.0",
            "stage_id": stage_id,
            "label": way.TOUCHPOINTS[touchpoint].name,
            "pipeline_id": PIPELINE,
            "created_at": made,
            "updated_at": made,
        }
        for order, (touchpoint, stage_id) in enumerate(STAGE_IDS.items())
    ]
    return pl.DataFrame(rows)


def _note_tables(stages: pl.DataFrame, company: Company) -> dict[str, pl.DataFrame]:
    """The engineers' notes after some installations."""
    done = stages.filter((pl.col("touchpoint") == DONE) & (pl.col("copy") == dirt.ORIGINAL))
    keys = chance.keyed(
        chance.root(company.seed, "note"), done["person_id"].to_numpy(), done["step"].to_numpy()
    )
    rows = done.filter(chance.shares(keys, "has note") < 0.2)
    at = rows["at"].to_numpy() + stamps.MINUTE
    number = ("7" + rows["deal"]).alias("id")
    stamp, synced = stamps.plain(at), stamps.plain(at + SYNC_DELAY)
    month = stamps.month(at)
    contact = identifiers.hubspot_contacts(
        rows["person_id"].to_numpy(), np.zeros(rows.height, np.int64)
    )
    kind = pl.repeat("NOTE", rows.height, eager=True)
    text = pl.repeat("Cable laid, router by the door.", rows.height, eager=True)
    return {
        "engagement_data": pl.DataFrame(
            {
                "month": month,
                "id": number,
                "type": kind,
                "_fivetran_synced": synced,
                "portal_id": pl.repeat("4703379", rows.height, eager=True),
            }
        ),
        "engagement_contact_data": pl.DataFrame(
            {
                "month": month,
                "contact_id": contact,
                "engagement_id": number,
                "engagement_type": kind,
                "type_id": pl.repeat("202", rows.height, eager=True),
                "_fivetran_synced": synced,
                "category": pl.repeat("HUBSPOT_DEFINED", rows.height, eager=True),
            }
        ),
        "engagement_note_data": pl.DataFrame(
            {
                "month": month,
                "engagement_id": number,
                "_fivetran_deleted": pl.repeat("false", rows.height, eager=True),
                "_fivetran_synced": synced,
                "property_hs_body_preview": text,
                "property_hs_createdate": stamp,
                "property_hs_lastmodifieddate": stamp,
                "property_hs_note_body": text,
                "property_hs_timestamp": stamp,
                "property_hubspot_owner_id": None,
                "property_hubspot_team_id": None,
                "type": kind,
            }
        ),
    }


def _evidence(
    contacts: pl.DataFrame, merges: pl.DataFrame, stages: pl.DataFrame, company: Company
) -> pl.DataFrame:
    """Contact with e-mail, with phone, alone on a deal, and with the contact it swallowed."""
    ordered = contacts.filter((pl.col("which") == 0) & pl.col("ordered_at").is_not_null())
    person = ordered["person_id"]
    typed = pl.repeat(identifiers.CALL_CENTRE_PHONES[1], ordered.height, eager=True)
    call_centre = company.persons["has_call_centre_phone"].gather(person)
    phone = typed.zip_with(call_centre, company.persons["phone"].gather(person))
    on_deal = stages["person_id"].unique().sort()
    alone = identifiers.hubspot_contacts(on_deal.to_numpy(), np.zeros(len(on_deal), np.int64))
    frames = (
        contacts.select("person_id", "email", hubspot_contact="contact"),
        ordered.select("person_id", hubspot_contact="contact", phone=phone),
        pl.DataFrame({"person_id": on_deal, "hubspot_contact": alone}),
        merges.select(
            "person_id", pl.col("merged").alias("hubspot_contact:merged"), hubspot_contact="kept"
        ),
    )
    return pl.concat([written.evidence(frame) for frame in frames])


def write(company: Company) -> Written:
    """Write all months of the marketing CRM."""
    contacts = _contacts(company)
    merges = _merges(contacts, company)
    stages = _stages(company)
    stage_table = _stage_table(stages)
    tables = {
        "contact_data": _contact_table(contacts, merges, company),
        "contact_property_history_data": _history_table(contacts, company),
        "contact_merge_audit_data": _merge_table(merges, company),
        "deal_stage_data": stage_table.drop("copy"),
        **_deal_tables(stages, company),
        **_note_tables(stages, company),
    }
    reasons = stages["copy"].replace_strict(dirt.BAD_REASONS, default=None, return_dtype=pl.String)
    marks = pl.DataFrame({"month": stages["month"], "reason": reasons, "copy": stages["copy"]})
    found = written.tables(company, SOURCE, tables, {"deal_stage_data": marks})
    months = tables["deal_stage_data"]["month"].unique().sort()
    names = _stage_names(company)
    files = [
        written.whole_table(company, SOURCE, str(month), "deal_pipeline_stage_data", names)
        for month in months
    ]
    account = written.account(
        files,
        [],
        dirt.counted(SOURCE, stages["copy"]),
        _evidence(contacts, merges, stages, company),
    )
    return written.together([found, account])
