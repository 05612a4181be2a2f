"""HubSpot tables (Fivetran's, or HubSpot's own exports) to events; the header says which table.

A reader sees one file at a time, and many tables name only a deal, an engagement or a ticket. So
a row that ties one of these to a contact becomes an `association_recorded`: it is no meeting, it
links `hubspot_deal`, `hubspot_engagement` or `hubspot_ticket` to `hubspot_contact`, and by
stitching a deal's stage change reaches its customer. None of these three namespaces is strong.

A stage is landed under the label that its own row gives, else under its id. The tables that name
the stages land as `stage_labelled`, and the models put the two together: so it does not matter
which of them arrived first.

Known columns are used, all others are left out: they neither land nor count. A contact has no id
of its own as an event, so that a changed address lands as a second `contact_created` of the same
instant instead of being dropped as a repeat of the first.
"""

from collections.abc import Iterator

from pipeline.landing.crm import hubspot_activities as activities
from pipeline.landing.crm import hubspot_contacts as contacts
from pipeline.landing.crm import hubspot_deals as deals
from pipeline.landing.crm.rows import Table, details, needs, no_event, read_tables
from pipeline.landing.record import Feed, Outcome, RawFile

# The first table whose columns a header holds; the more particular stand first.
TABLES = (
    Table("contact_merge_audit", needs("canonicalvid vidtomerge"), contacts.merge_audit),
    Table(
        "contact_property_history",
        needs("contactid name value timestamp"),
        contacts.property_history,
    ),
    Table(
        "deal_property_history",
        needs("dealid name value timestamp"),
        deals.deal_property_history,
    ),
    Table(
        "ticket_property_history",
        needs("ticketid name value timestampinstant", "ticketid name value timestamp"),
        deals.ticket_property_history,
    ),
    Table("company_property_history", needs("companyid name value"), no_event),
    Table("deal_stage", needs("dealid dateentered value"), deals.deal_stage),
    Table(
        "deal",
        needs("dealid dealname", "recordid dealname", "id dealname", "dealid dealpipelinestageid"),
        deals.deal,
    ),
    Table(
        "ticket",
        needs(
            "recordid ticketname",
            "id hspipelinestage",
            "ticketid hspipelinestage",
            "id subject hsticketpriority",
        ),
        deals.ticket,
    ),
    Table(
        "contact_form_submission", needs("formid contactid timestamp"), activities.form_submission
    ),
    Table("contact_list_member", needs("contactlistid contactid"), no_event),
    Table("merged_deal", needs("dealid mergeddealid"), deals.merged_deal),
    Table("deal_contact", needs("dealid contactid"), deals.deal_contact),
    Table("engagement_contact", needs("engagementid contactid"), deals.engagement_contact),
    Table("engagement_deal", needs("engagementid dealid"), deals.engagement_deal),
    Table("ticket_contact", needs("ticketid contactid"), deals.ticket_contact),
    Table("ticket_deal", needs("ticketid dealid"), deals.ticket_deal),
    Table("ticket_engagement", needs("ticketid engagementid"), deals.ticket_engagement),
    Table(
        "company associations",
        needs("companyid dealid", "companyid engagementid", "companyid ticketid"),
        no_event,
    ),
    Table("email_event", needs("id type created recipient"), activities.email_event),
    Table(
        "email_event details",
        needs(
            "id browser useragent",
            "id ipaddress useragent",
            "id category status response",
            "id attempt response",
            "id response smtpid",
            "id dropreason",
            "id bcc replyto subject",
            "id portalsubscriptionstatus",
        ),
        details,
    ),
    Table("email_campaign", needs("id contentid appid", "id numqueued"), no_event),
    # Only a ticket's stage has a state besides; a deal's has a probability, which may be left out.
    Table("ticket_pipeline_stage", needs("stageid label ticketstate"), deals.ticket_stage_label),
    Table("deal_pipeline_stage", needs("stageid label"), deals.deal_stage_label),
    Table("pipelines", needs("pipelineid displayorder label"), no_event),
    Table(
        "staff",
        needs(
            "ownerid email firstname",
            "ownerid teamid",
            "userid teamid",
            "primaryteamid roleid",
            "id name requiresbillingwrite",
        ),
        no_event,
    ),
    Table("forms", needs("guid formtype"), no_event),
    Table("lists", needs("id listversion", "id createdbyid processingtype"), no_event),
    Table("properties", needs("fieldtype groupname", "propertyid displayorder value"), no_event),
    Table(
        "engagement",
        needs(
            "engagementid hstimestamp",
            "engagementid starttime",
            "engagementid type",
            "id type portalid fivetransynced",
            "recordid activitytype",
            "recordid activitydate",
        ),
        activities.engagement,
    ),
    Table("engagement details", needs("engagementid fivetransynced"), details),
    Table(
        "company",
        needs("recordid companyname", "id industry", "id name annualrevenue", "id name domain"),
        no_event,
    ),
    Table(
        "contact",
        needs(
            "id email", "recordid email", "vid email", "contactid email", "recordid lifecyclestage"
        ),
        contacts.contact,
    ),
    Table("teams", needs("id name fivetransynced"), no_event),
)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What the rows of one HubSpot CSV became.

    Raises:
        SourceRefused: The header is of no known table; names the nearest.
    """
    return read_tables(file, feed, "HubSpot", TABLES)
