"""The fields that Dataverse documents beside a table's own columns, and the columns used here.

A row has all columns of its table or of the query, empty or not. What does come and go are the
protocol's notes on a column, such as `x@OData.Community.Display.V1.FormattedValue`: they are known
with their column.
"""

PROTOCOL = frozenset(
    {
        *("@odata.context", "@odata.etag", "@odata.count", "@odata.nextLink", "@odata.deltaLink"),
        *("@odata.id", "@odata.type", "@odata.editLink", "@odata.readLink"),
        *("@Microsoft.Dynamics.CRM.totalrecordcount",),
        *("@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded",),
        *("@Microsoft.Dynamics.CRM.globalmetadataversion",),
        *("@Microsoft.Dynamics.CRM.fetchxmlpagingcookie", "@Microsoft.Dynamics.CRM.morerecords"),
        *("value",),
    }
)
COLUMNS = frozenset(
    {
        *("contactid", "leadid", "opportunityid", "incidentid", "activityid", "accountid"),
        *("systemuserid", "teamid", "productid", "processstageid", "createdon", "modifiedon"),
        *("merged", "masterid", "emailaddress", "emailaddress1", "emailaddress2", "emailaddress3"),
        *("telephone1", "telephone2", "telephone3", "mobilephone", "externaluseridentifier"),
        *("originatingleadid", "parentcontactid", "qualifyingopportunityid", "qualifiedon"),
        *("leadsourcecode", "statecode", "customerid", "primarycontactid", "casetypecode"),
        *("description", "title", "activitytypecode", "regardingobjectid", "subject", "actualend"),
        *("actualstart", "scheduledstart", "directioncode", "actualvalue", "estimatedvalue"),
        *("totalamount", "isocurrencycode", "transactioncurrencyid", "actualclosedate"),
        *("activestageid", "activestagestartedon", "businessprocessflowinstanceid"),
    }
)
# As the Web API spells them.
LOOK_UPS = frozenset(
    {
        *("_contactid_value", "_leadid_value", "_opportunityid_value", "_incidentid_value"),
        *("_accountid_value", "_masterid_value", "_originatingleadid_value"),
        *("_parentcontactid_value", "_qualifyingopportunityid_value", "_customerid_value"),
        *("_primarycontactid_value", "_regardingobjectid_value", "_transactioncurrencyid_value"),
        *("_activestageid_value",),
    }
)
