"""By which names tools call what is known of a person.

A name counts by its letters and digits alone: `First Name`, `first_name` and `firstName` are one.
"""

from collections.abc import Mapping

from pipeline.settings import ATTRIBUTES

# What a tool calls it -> the attribute.
WORDS: Mapping[str, str] = {
    **{name.replace("_", ""): name for name in ATTRIBUTES},
    **dict.fromkeys(
        (
            *("name", "displayname", "realname", "contactname", "customername", "personname"),
            *("vollname", "nomcomplet", "nombrecompleto"),
        ),
        "full_name",
    ),
    **dict.fromkeys(
        (
            *("firstname", "fname", "forename", "vorname", "prenom", "prénom", "nombre"),
            *("voornaam", "recipientfirstname"),
        ),
        "given_name",
    ),
    **dict.fromkeys(
        (
            *("lastname", "surname", "lname", "nachname", "familienname", "nomdefamille"),
            *("apellido", "apellidos", "cognome", "achternaam", "sobrenome", "recipientlastname"),
        ),
        "family_name",
    ),
    **dict.fromkeys(
        (
            *("birthday", "birthdate", "dateofbirth", "dob", "personbirthdate", "geburtsdatum"),
            *("geburtstag", "datedenaissance", "fechadenacimiento"),
        ),
        "birth_on",
    ),
    **dict.fromkeys(("sex", "gendercode", "gendercodename", "geschlecht", "sexe"), "gender"),
    **dict.fromkeys(
        (
            *("streetaddress", "street1", "address", "address1", "addressline1", "address1line1"),
            *("mailingstreet", "personmailingstreet", "strasse", "straße", "adresse"),
        ),
        "street",
    ),
    **dict.fromkeys(
        (
            *("town", "locality", "mailingcity", "personmailingcity", "address1city", "ort"),
            *("stadt", "ville", "ciudad"),
        ),
        "city",
    ),
    **dict.fromkeys(
        (
            *("zip", "zipcode", "postalcode", "mailingpostalcode", "personmailingpostalcode"),
            *("address1postalcode", "plz", "postleitzahl", "codepostal"),
        ),
        "postcode",
    ),
    **dict.fromkeys(
        (
            *("state", "province", "stateprovince", "stateregion", "mailingstate", "bundesland"),
            *("personmailingstate", "address1stateorprovince"),
        ),
        "region",
    ),
    **dict.fromkeys(
        (
            *("countrycode", "countryregion", "mailingcountry", "mailingcountrycode", "land"),
            *("personmailingcountry", "address1country", "countryname", "pays"),
        ),
        "country",
    ),
    **dict.fromkeys(
        (
            *("companyname", "organization", "organisation", "organizationname", "orgname"),
            *("employer", "firma", "unternehmen", "entreprise", "associatedcompany"),
        ),
        "company",
    ),
    **dict.fromkeys(("title", "position", "beruf", "jobfunction"), "job_title"),
    **dict.fromkeys(
        (
            *("locale", "lang", "languagecode", "languagec", "preferredlanguage", "hslanguage"),
            *("sprache", "langue", "userlanguage"),
        ),
        "language",
    ),
    **dict.fromkeys(
        ("emailoptin", "optinemail", "emailconsent", "acceptsemail", "emailsubscribed"),
        "consent_email",
    ),
    **dict.fromkeys(("smsoptin", "smsconsent", "acceptssms"), "consent_sms"),
    **dict.fromkeys(("phoneoptin", "phoneconsent"), "consent_phone"),
    **dict.fromkeys(
        ("marketingoptin", "marketingconsent", "acceptsmarketing", "optin", "allowmarketing"),
        "consent_marketing",
    ),
    "marketingstatus": "consent_email",
}
# What a tool calls a person's objection -> the consent that is withdrawn when it says yes.
OBJECTIONS: Mapping[str, str] = {
    **dict.fromkeys(
        (
            *("hasoptedoutofemail", "personhasoptedoutofemail", "hsemailoptout", "emailoptout"),
            *("unsubscribedfromallemail", "unsubscribedfromemails", "donotemail", "optoutemail"),
            *("unsubscribed", "donotbulkemail", "optedoutemail", "hasoptedout"),
        ),
        "consent_email",
    ),
    **dict.fromkeys(("donotcall", "persondonotcall", "donotphone", "phoneoptout"), "consent_phone"),
    **dict.fromkeys(("smsoptout", "donotsms"), "consent_sms"),
    **dict.fromkeys(("donotpostalmail", "donotmail"), "consent_post"),
    **dict.fromkeys(("donotcontact", "marketingoptout", "donotmarket"), "consent_marketing"),
}
