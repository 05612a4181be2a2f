"""How identifiers become customers."""

from typing import Literal

from pydantic import Field, model_validator

from pipeline.settings.section import GoldenAttribute, Section

Strategy = Literal["source_priority", "most_recent", "majority", "most_complete"]


class Namespace(Section):
    """How far one kind of identifier may be trusted to mean one person.

    Attributes:
        priority: Lower is stronger; an event belongs to its strongest identifier's customer.
        unique_per_customer: Two different values never share a customer, unless declared merged.
        is_strong: Counts towards the fan-out of what it is seen with.
        max_strong: Seen with more distinct values of one strong namespace than this, a value is
            shared by many people (a kiosk cookie, a call-centre phone) and joins nobody.
        limit_count: Seen with more distinct values of one strong namespace than this within any
            `limit_days`, a value is shared, too, whatever `max_strong` allows; 0 for no limit.
        limit_days: How far apart, in event time, the first and the last of them may lie.
        expires_days: An identifier that was seen with nobody it is linked to for longer than this
            carries no new link: it may have passed to another person. 0 for never.
        is_device: Names a browser or a device and not a person: what happened on one that several
            people use belongs to the log-in nearest in time.
        block: Regular expressions of values that name nobody.
    """

    priority: int = Field(default=50, ge=0)
    unique_per_customer: bool = False
    is_strong: bool = False
    max_strong: int = Field(default=3, ge=1)
    limit_count: int = Field(default=0, ge=0)
    limit_days: float = Field(default=1, gt=0)
    expires_days: float = Field(default=0, ge=0)
    is_device: bool = False
    block: tuple[str, ...] = ()


class Match(Section):
    """Customers who share no identifier, matched by what they say of themselves.

    Attributes:
        accept: Customers become one while they are one person with at least this probability.
        review: Likely pairs that do not are listed for people to decide from this one on.
        attributes: What is compared: attributes of persons, `email` and `phone`.
        seed: Of the random pairs that training looks at.
        training_pairs: How many pairs a lesson of the training may use.
    """

    accept: float = Field(default=0.8, ge=0.5, lt=1)
    review: float = Field(default=0.3, gt=0, lt=1)
    attributes: tuple[GoldenAttribute | Literal["email", "phone"], ...] = (
        *("full_name", "given_name", "family_name", "birth_on", "gender", "street", "city"),
        *("postcode", "region", "country", "company", "job_title", "email", "phone"),
    )
    seed: int = Field(default=1, ge=0)
    training_pairs: int = Field(default=1_000_000, ge=10_000)

    @model_validator(mode="after")
    def _review_below_accept(self) -> "Match":
        if self.review > self.accept:
            raise ValueError("review must not be above accept")
        return self


class Identity(Section):
    """How identifiers become customers.

    Attributes:
        namespaces: Overrides of the shipped policy, by namespace.
        max_customer_identifiers: A customer with more fails a check.
        alarm_customer_identifiers: A customer with more stops the publish.
        alarm_merged_share: The publish stops where more than this share of the customers known
            before, and at least a hundred, were merged into others at once.
        alarm_named_share: The publish stops where more than this share of the customers who gave
            a name, and at least ten, gave more than three different ones.
        alarm_renamed_count: The publish stops where more customers than this have another id,
            though their identifiers are the same.
        device_backfill_minutes: How long before a log-in on a shared device an anonymous event
            there may lie and still be taken for the same person's; never more than the session
            gap of its channel.
        restated_months: At how many past starts of a month it is published what was known then
            of who was who, against today; 0 for none. Each costs about as much as stitching.
        golden: How an attribute's golden value is chosen among those that sources give, where
            the shipped way is not wanted.
        household_persons: An address, e-mail or phone of up to so many persons makes them a
            household; of more, it is an organisation's.
        match: The second stage, which needs the extra `match`; without this section there is
            none.
    """

    namespaces: dict[str, Namespace] = Field(default_factory=dict)
    max_customer_identifiers: int = Field(default=40, ge=2)
    alarm_customer_identifiers: int = Field(default=500, ge=2)
    alarm_merged_share: float = Field(default=0.1, ge=0, le=1)
    alarm_named_share: float = Field(default=0.001, ge=0, le=1)
    alarm_renamed_count: int = Field(default=0, ge=0)
    device_backfill_minutes: float = Field(default=30, ge=0)
    restated_months: int = Field(default=1, ge=0)
    household_persons: int = Field(default=6, ge=2)
    golden: dict[GoldenAttribute, Strategy] = Field(default_factory=dict)
    match: Match | None = None
