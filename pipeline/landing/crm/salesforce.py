"""Salesforce tables (Data Export, Bulk API, Data Loader, Fivetran's) to events, by their header.

Ids are kept in their 18-character form. A row of OpportunityHistory names only its opportunity:
Opportunity.ContactId, OpportunityContactRole and a lead's conversion link
`salesforce_opportunity` (not strong) to the customer, as an `association_recorded` that is no
meeting, and stitching does the rest. Salesforce writes a history row whenever the amount or the
closing date changes, too; each is a `deal_stage_changed` with the stage as it then was.

Known columns are used, all others are left out: they neither land nor count. A contact or lead
has no id of its own as an event, so that a changed address lands as a second `contact_created`
of the same instant instead of being dropped as a repeat of the first.

Identifiers: salesforce_contact, salesforce_lead, e-mail, phone, and a company's own number where a
column is called so (USER_IDS). Clock: ISO 8601 with an offset, as the APIs write it; what names no
zone is of the source's, in Fivetran's tables UTC; a date alone is a day of the source's zone.
"""

from collections.abc import Iterator

from pipeline.landing.crm import salesforce_activities as activities
from pipeline.landing.crm import salesforce_deals as deals
from pipeline.landing.crm import salesforce_people as people
from pipeline.landing.crm.rows import Table, needs, no_event, read_tables
from pipeline.landing.record import Feed, Outcome, RawFile

# The first table whose columns a header holds; the more particular stand first.
TABLES = (
    Table("OpportunityFieldHistory", needs("opportunityid field newvalue"), deals.field_history),
    Table("OpportunityHistory", needs("opportunityid stagename"), deals.history),
    Table("OpportunityHistory of Fivetran", needs("fivetranstart id stagename"), deals.versions),
    Table("OpportunityContactRole", needs("opportunityid contactid"), deals.contact_role),
    Table("OpportunityLineItem", needs("opportunityid unitprice", "pricebookentryid"), no_event),
    Table("Opportunity", needs("id stagename"), deals.opportunity),
    Table("CaseHistory, CaseComment", needs("caseid field", "parentid commentbody"), no_event),
    Table("Case", needs("id casenumber", "id suppliedemail", "id origin status"), activities.case),
    Table("Event", needs("whoid startdatetime", "whoid activitydatetime"), activities.meeting),
    Table("Task", needs("whoid activitydate", "whoid tasksubtype"), activities.task),
    Table("User", needs("id username", "id profileid"), no_event),
    Table("UserRole, Group, Profile", needs("id developername", "id userlicenseid"), no_event),
    Table(
        "Lead", needs("id isconverted", "id convertedcontactid", "id company status"), people.lead
    ),
    Table("CampaignMember", needs("campaignid leadid", "campaignid contactid"), no_event),
    Table("Campaign", needs("id numberofleads", "id actualcost"), no_event),
    Table("Contract, Order", needs("id contractnumber", "id ordernumber", "orderid"), no_event),
    Table("Product2, Pricebook2", needs("id productcode", "id isstandard"), no_event),
    Table(
        "EmailMessage, Note, Attachment",
        needs("id messagedate", "id parentid body", "id contentdocumentid", "id parentid title"),
        no_event,
    ),
    Table("AccountHistory, ContactHistory", needs("accountid field", "contactid field"), no_event),
    Table("Contact", needs("id lastname accountid", "id lastname", "id email"), people.contact),
    Table(
        "Account",
        needs(
            "id accountsource", "id billingcity", "id accountnumber", "id numberofemployees name"
        ),
        no_event,
    ),
)


def read(file: RawFile, feed: Feed) -> Iterator[Outcome]:
    """What the rows of one Salesforce CSV became.

    Raises:
        SourceRefused: The header is of no known table; names the nearest.
    """
    return read_tables(file, feed, "Salesforce", TABLES)
