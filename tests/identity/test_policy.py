"""Every namespace that a reader gives has a shipped policy."""

import ast
import re
from pathlib import Path

import pytest

import pipeline.landing
from pipeline.errors import SourceRefused
from pipeline.identity.policy import SHIPPED
from pipeline.landing import readers
from pipeline.landing.formats import FORMATS
from tests.identity.sightings import sightings, stitched
from tests.landing.samples import SAMPLES, samples_of

READERS = Path(pipeline.landing.__file__).parent
# Function -> which argument is the namespace of a customer's handle.
NAMING = {"namespace": 0, "Handle": 0, "subject": 1, "own": 1, "looked_up": 1}
# Other namespaces are called by vendor and object: `zendesk_user`.
VENDORS = {name.split("_")[0] for name in FORMATS} | {"chat", "facebook", "twitter"}
OBJECTS = (
    "account|case|contact|customer|deal|engagement|handle|identity|lead|network|nick|name|opportunity"
    "|person|profile|sender|subscriber|ticket|user|visitor|whatsapp_id"
)
NAMED = re.compile(rf"(?:{'|'.join(sorted(VENDORS))})_(?:\w+_)?(?:{OBJECTS})|whatsapp_id")
# In that form, but fields; and staff, whom nothing links.
OTHERS = {"survey_name", "intercom_admin"}


def literals(tree: ast.AST) -> set[str]:
    """The texts in a piece of source."""
    found = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {value for value in found if isinstance(value, str)}


def namespaces() -> set[str]:
    """The namespaces that the readers' source names."""
    found: set[str] = set()
    for path in READERS.rglob("*.py"):
        tree = ast.parse(path.read_text())
        found |= {text for text in literals(tree) if NAMED.fullmatch(text)}
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = getattr(call.func, "attr", getattr(call.func, "id", ""))
            place = NAMING.get(name)
            if place is not None and len(call.args) > place:
                found |= literals(call.args[place])
    return found - OTHERS


def test_the_readers_source_names_namespaces() -> None:
    """The search finds namespaces in all the ways in which readers give them."""
    by_call = {"hubspot_deal", "snowplow_network", "mailjet_contact", "dynamics_lead", "visitor"}
    by_name = {"klaviyo_profile", "rocketchat_user", "salesforce_case", "whatsapp_id", "chat_nick"}

    assert namespaces() >= by_call | by_name


def test_every_namespace_that_a_reader_names_has_a_shipped_policy() -> None:
    """Without one a deal or a display name would count as much as a cookie."""
    assert sorted(namespaces() - SHIPPED.keys()) == []


@pytest.mark.parametrize("layout", sorted(path.name for path in SAMPLES.iterdir() if path.is_dir()))
def test_every_namespace_in_a_sample_has_a_shipped_policy(layout: str) -> None:
    """Whom the events of a format's samples name, read as they are."""
    found: set[str] = set()
    for file, source in samples_of(layout):
        try:
            for outcome in readers.read(FORMATS[layout], file, source):
                people = getattr(outcome, "identifiers", ())
                found |= {each.namespace for each in people if each.role != "agent"}
        except SourceRefused:
            continue

    assert sorted(found - SHIPPED.keys()) == []


def test_a_strong_namespace_of_a_vendor_is_one_of_records_of_persons() -> None:
    """Names, browsers and things never tell people apart; a CRM's contacts and addresses do."""
    assert {name for name, said in SHIPPED.items() if said.is_strong} == {
        *("user_id", "email", "hubspot_contact", "salesforce_contact", "zendesk_user"),
        *("dynamics_contact", "pipedrive_person"),
    }


@pytest.mark.parametrize(
    ("namespace", "shared", "allowed"),
    [
        ("zendesk_user", "zendesk_ticket:7", 2),
        ("zendesk_user", "zendesk_chat:7", 2),
        ("user_id", "intercom_conversation:7", 2),
        ("pipedrive_person", "pipedrive_deal:7", 2),
        ("dynamics_contact", "dynamics_case:7", 2),
        ("user_id", "snowplow_network:n1", 1),
        ("email", "chat_nick:ada", 1),
        ("email", "whatsapp_name:Ada", 1),
        ("user_id", "olark_visitor:v1", 3),
    ],
)
def test_what_several_people_share_joins_nobody(namespace: str, shared: str, allowed: int) -> None:
    """Up to its cap a ticket, a network's cookie or a name has a customer; then it is shared."""

    def status(people: int) -> str:
        rows = [f"{n} | {namespace}:p{n}\n{n} | {shared}" for n in range(people)]
        _, tables = stitched(sightings("event | identifier\n" + "\n".join(rows)))
        found = tables["identifiers"].rows_by_key("identifier", named=True)[shared]
        return str(found[0]["status"])

    assert (status(allowed), status(allowed + 1)) == ("active", "shared")
