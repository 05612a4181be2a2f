import numpy as np
import polars as pl

from pipeline.landing import identifiers as landing
from pipeline.simulate import chance, identifiers
from pipeline.simulate.devices import SECOND_DEVICE_SLOT, device_is_mobile
from pipeline.simulate.plan import usual

KEYS = chance.keyed(chance.root(1, "test"), np.arange(200))


def test_every_spelling_of_an_address_has_one_normal_form() -> None:
    """Capitals and blanks are taken out by landing, and some addresses do have them."""
    emails = pl.Series([f"ada.{n}@example.org" for n in range(200)])

    spelled = identifiers.respelled_emails(emails, KEYS, usual(1, 90))

    assert [landing.email(text) for text in spelled] == emails.to_list()
    assert 30 < (spelled != emails).sum() < 90


def test_every_spelling_of_a_phone_has_one_normal_form() -> None:
    """National, grouped and bracketed numbers are one E.164 number."""
    phones = pl.Series([f"+4472{n:08}" for n in range(200)])

    spelled = identifiers.respelled_phones(phones, KEYS)

    assert [landing.phone(text, "GB") for text in spelled] == phones.to_list()
    assert spelled.str.len_chars().n_unique() == 4


def test_a_second_device_is_of_the_other_kind() -> None:
    """Who browses on a phone logs in on a desktop, and the other way round."""
    owner = np.arange(100)

    first = device_is_mobile(owner, np.zeros(100, dtype=int), 1)
    second = device_is_mobile(owner, np.full(100, SECOND_DEVICE_SLOT), 1)

    assert (first != second).all()


def test_before_the_first_order_a_second_address_is_in_use() -> None:
    """A person with two addresses gives the second one until the first order."""
    persons = pl.DataFrame(
        {
            "email": ["ada@example.org", "bob@example.org"],
            "second_email": ["ada@work.example", None],
        }
    )
    person = np.array([0, 0, 1])

    emails = identifiers.emails(persons, person, np.array([0, 1, 0]))

    assert emails.to_list() == ["ada@work.example", "ada@example.org", "bob@example.org"]
