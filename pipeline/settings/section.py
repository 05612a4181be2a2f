"""What the sections of wend.toml have in common, and the kinds of values in several of them."""

from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

CHANNELS = ("web", "chat", "email", "crm", "phone", "survey", "social", "store")
# What may be known of a person, beside consent_<purpose>.
ATTRIBUTES = (
    *("full_name", "given_name", "family_name", "birth_on", "gender", "street", "city"),
    *("postcode", "region", "country", "company", "job_title", "language"),
)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(
            f"unknown time zone {name!r}; write one such as 'Europe/London'"
        ) from error
    return name


Zone = Annotated[str, AfterValidator(_zone)]
AttributeName = Annotated[str, Field(pattern=f"^({'|'.join(ATTRIBUTES)}|consent_[a-z][a-z_]*)$")]
GoldenAttribute = Annotated[str, Field(pattern=f"^({'|'.join(ATTRIBUTES)})$")]
Channel = Literal["web", "chat", "email", "crm", "phone", "survey", "social", "store"]


class Section(BaseModel):
    """One section of wend.toml: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")
