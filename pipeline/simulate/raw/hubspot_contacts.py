"""HubSpot's contacts: who was written down when, their history, and which were merged.

Headers (a subset of the tables a Fivetran connector makes):
    contact_data: _fivetran_deleted, _fivetran_synced, property_email, id, property_company,
        property_firstname, property_lastname, property_email_1, property_createdate,
        property_jobtitle, property_annualrevenue, property_hs_merged_object_ids,
        property_created_at, property_first_conversion_date
    contact_property_history_data: contact_id, timestamp, _fivetran_synced, source, name, value,
        source_id
    contact_merge_audit_data: canonical_vid, contact_id, vid_to_merge, _fivetran_synced, entity_id,
        first_name, last_name, num_properties_moved, timestamp, user_id
"""

import polars as pl

from pipeline.simulate import chance, identifiers, stamps, way
from pipeline.simulate.raw import hubspot_cells as cells
from pipeline.simulate.raw import written
from pipeline.simulate.raw.written import Company

ORDER, ASK, QUOTE = (way.NUMBER[name] for name in ("Order placed", "Ask sales", "Quote sent"))


def contacts(company: Company) -> pl.DataFrame:
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


def merges(contacts: pl.DataFrame, company: Company) -> pl.DataFrame:
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


def contact_table(contacts: pl.DataFrame, merges: pl.DataFrame, company: Company) -> pl.DataFrame:
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
    names = cells.names(rows, company)
    made_at = stamps.plain(rows["at"].to_numpy())
    return pl.DataFrame(
        {
            "month": stamps.month(rows["changed_at"].to_numpy()),
            "_fivetran_deleted": pl.repeat("false", rows.height, eager=True),
            "_fivetran_synced": stamps.plain(rows["changed_at"].to_numpy() + cells.SYNC_DELAY),
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


def history_table(contacts: pl.DataFrame, company: Company) -> pl.DataFrame:
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
            "_fivetran_synced": stamps.plain(rows["at"].to_numpy() + cells.SYNC_DELAY),
            "source": pl.repeat("CRM_UI", rows.height, eager=True),
            "name": rows["name"],
            "value": rows["value"],
            "source_id": None,
        }
    )


def merge_table(merges: pl.DataFrame, company: Company) -> pl.DataFrame:
    """contact_merge_audit_data."""
    at = merges["at"].to_numpy()
    names = cells.names(merges, company)
    return pl.DataFrame(
        {
            "month": stamps.month(at),
            "canonical_vid": merges["kept"],
            "contact_id": merges["kept"],
            "vid_to_merge": merges["merged"],
            "_fivetran_synced": stamps.plain(at + cells.SYNC_DELAY),
            "entity_id": None,
            "first_name": names["first"],
            "last_name": names["last"],
            "num_properties_moved": pl.repeat(2, merges.height, eager=True),
            "timestamp": stamps.plain(at),
            "user_id": None,
        }
    )
