"""Pain points in the customers' words, on messages that a reader can count."""

from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.measures.themes import said, told
from pipeline.resources import sql_folder
from tests.tables import table

RunModel = Callable[..., pl.DataFrame]
KIND = "Everything works well, many thanks to the whole team"
LATE = "The parcel was late again and nobody called me back"


def messages(*said: tuple[str, Sequence[int], str], language: str = "en") -> pl.DataFrame:
    """Messages as (touchpoint, customers, text); those of touchpoints named in capitals are low."""
    rows = [
        (f"e{place:03}-{customer:04}", f"c{customer}", "Use", touchpoint.capitalize(), text)
        for place, (touchpoint, customers, text) in enumerate(said)
        for customer in customers
    ]
    columns = ["event_id", "customer_id", "stage", "touchpoint", "text"]
    low = [touchpoint.isupper() for touchpoint, customers, _ in said for _ in customers]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        language=pl.lit(language),
        names=pl.lit(None, pl.String),
        sentiment=pl.Series([-0.5 if one else 0.5 for one in low]),
        is_low=pl.Series(low),
    )


OTHERS = ("Shop", range(100, 160), KIND)


def test_what_is_said_at_a_low_point_and_not_elsewhere_is_a_theme() -> None:
    """Words of one message are one theme, named by the phrase rather than by its words."""
    (row,) = told(messages(("CHAT", range(20), LATE), OTHERS)).rows(named=True)

    assert (row["touchpoint"], row["language"], row["rank"]) == ("Chat", "en", 1)
    assert row["theme"] == "nobody called, parcel, late"
    assert (row["customer_count"], row["message_count"], row["share"]) == (20, 20, 1.0)
    assert row["z"] > 4
    assert row["log_odds_low"] > 0
    assert row["quote"] == LATE
    assert row["quote_event_id"] == "e000-0000"


def test_the_odds_are_those_of_monroe_colaresi_and_quinn() -> None:
    """Twenty customers say one word here, sixty another one there: equations 16 and 20."""
    found = told(messages(("CHAT", range(20), "late"), ("Shop", range(100, 160), "fine")))

    # The prior weighs a tenth of eighty words; a quarter of them are this one.
    here, there = 20 + 2, 0 + 2
    expected = (here / (20 + 8 - here)) / (there / (60 + 8 - there))
    assert found["theme"].to_list() == ["late"]
    assert 2.718281828459045 ** found["log_odds"].item() == pytest.approx(expected)
    assert found["z"].item() == pytest.approx(
        found["log_odds"].item() / (1 / here + 1 / there) ** 0.5
    )


def test_what_is_said_everywhere_is_none() -> None:
    """A word that happy customers write as often says nothing of the low point."""
    found = told(
        messages(
            ("CHAT", range(20), LATE),
            ("Shop", range(100, 160), "My parcel arrived, thank you"),
        )
    )

    assert "parcel" not in found["theme"].item()


def test_four_customers_are_too_few_and_five_are_enough() -> None:
    """Fewer might be told apart; and one customer who writes a hundred times has one voice."""
    lone = ("CHAT", [1] * 100, "Frozen router lights")
    base = [("Shop", range(100, 400), KIND), ("CHAT", range(20, 30), KIND)]

    four = told(messages(("CHAT", range(4), LATE), *base))
    five = told(messages(("CHAT", range(5), LATE), *base))
    loud = told(messages(lone, *base))

    assert four.is_empty()
    assert five["customer_count"].to_list() == [5]
    assert loud.is_empty()


def test_thirty_customers_elsewhere_are_needed_to_compare_with() -> None:
    """Where hardly anybody else wrote, everything would stand out."""
    few, enough = (
        told(messages(("CHAT", range(20), LATE), ("Shop", range(100, 100 + count), KIND)))
        for count in (29, 30)
    )

    assert few.is_empty()
    assert enough.height == 1


def test_words_written_apart_are_two_themes() -> None:
    """Of the customers of each few write both."""
    found = told(
        messages(
            ("CHAT", range(20), "Parcel late"), ("CHAT", range(15, 35), "Invoice wrong"), OTHERS
        )
    )

    assert found["theme"].to_list() == ["invoice wrong", "parcel late"]
    assert found["customer_count"].to_list() == [20, 20]


def test_languages_are_told_apart() -> None:
    """Each against its own, with its own stop words: what is German is no theme in English."""
    german = "Das Buch kam nicht an"
    found = told(
        pl.concat(
            [
                messages(("CHAT", range(20), LATE), OTHERS),
                messages(
                    ("CHAT", range(200, 220), german),
                    ("Shop", range(300, 340), "Alles sehr gut, danke"),
                    language="de",
                ).with_columns(event_id="de" + pl.col("event_id")),
            ]
        )
    )

    themes = dict(found.select("language", "theme").rows())
    assert themes["en"] == "nobody called, parcel, late"
    assert themes["de"] == "buch kam"


def test_languages_without_spaces_have_no_themes() -> None:
    """A sentence would be taken for a word."""
    found = told(
        messages(("CHAT", range(20), "最悪"), ("Shop", range(100, 160), "最高"), language="ja")
    )

    assert found.is_empty()


def test_names_are_no_themes() -> None:
    """Neither the writers' own nor those that are written like names inside sentences."""
    signed = messages(("CHAT", range(20), "Parcel late\nAhmed"), OTHERS).with_columns(
        names=pl.when("is_low").then(pl.lit("Ahmed Wells"))
    )
    called = messages(("CHAT", range(20), "Parcel late, so Robin said"), OTHERS)

    (one,) = told(signed).rows(named=True)
    (other,) = told(called).rows(named=True)

    assert "ahmed" not in one["theme"]
    assert one["quote"] == "Parcel late\n[name]"
    assert "robin" not in other["theme"]


def test_a_word_that_is_a_name_and_a_word_stays_in_the_quote() -> None:
    """Bill's bill: his name is masked, what he writes of is not."""
    found = told(
        messages(("CHAT", range(20), "The bill is wrong\nBill"), OTHERS).with_columns(
            names=pl.when("is_low").then(pl.lit("Bill Page"))
        )
    )

    assert found["quote"].item() == "The bill is wrong\n[name]"


def test_what_was_redacted_is_no_word() -> None:
    """[email] and [phone] stand for nothing that customers say, and part phrases."""
    assert said("Write to [email] today or call [phone]", "en").terms == {
        "write",
        "today",
        "call",
    }


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("It does not work", {"work", "not work"}),
        ("Hello, thank you", set()),
        ("Late. Again late", {"late"}),
        ("It\u2019s broken", {"broken"}),
        ("", set()),
    ],
)
def test_words_are_read_with_their_negation_and_within_sentences(
    text: str, terms: set[str]
) -> None:
    """Greetings and words that say nothing are left out; a phrase does not cross a stop."""
    assert said(text, "en").terms == terms


@settings(max_examples=20)
@given(st.randoms())
def test_the_order_of_messages_changes_nothing(chance: object) -> None:
    """Not a digit, and not the quote."""
    given_messages = messages(
        ("CHAT", range(20), LATE),
        ("CHAT", range(10, 22), "The parcel never came, I want my money back"),
        ("CALL", range(30, 40), "Your hotline hung up"),
        OTHERS,
    )
    order = list(range(given_messages.height))
    chance.shuffle(order)  # type: ignore[attr-defined]

    assert told(given_messages[order]).equals(told(given_messages))


def _low(**frames: pl.DataFrame) -> dict[str, bool]:
    """Which messages the select takes, and whether they are low."""
    with duckdb.connect() as con:
        for name, frame in frames.items():
            con.register(f"given_{name}", frame)
            con.execute(f"create table {name} as from given_{name}")
        con.execute("set variable last_group = 'ff'")
        found = con.sql((sql_folder() / "measures" / "theme_messages.sql").read_text()).pl()
        return dict(found.select("event_id", "is_low").rows())


def test_a_message_is_low_by_what_it_says_or_where_it_was_written(run_model: RunModel) -> None:
    """By its own sentiment or score; unscored words where the touchpoint is a low point."""
    given_frames = {
        "voice_places": table("""
            event_id | customer_id | position | stage | touchpoint | language
            cross    | ada         | 1        | Use   | Chat       | en
            mild     | ada         | 2        | Use   | Chat       | en
            scored   | bob         | 1        | Use   | Chat       | de
            there    | cyd         | 1        | Use   | Chat       | de
            left     | cyd         | 2        | Use   | Shop       | de
            fine     | cyd         | 3        | Use   | Page       | de
            nowhere  | cyd         | 4        |       |            | de
        """),
        "known_events": pl.DataFrame(
            {
                "event_id": ["cross", "mild", "scored", "there", "left", "fine", "nowhere"],
                "text": ["words"] * 7,
            }
        ),
        "felt_voices": run_model(
            "felt_voices",
            voices=table("""
                customer_id | position | measure   | score
                ada         | 1        | sentiment | -0.3
                ada         | 2        | sentiment | -0.29
                bob         | 1        | nps       | 6
            """),
        ),
        "voice_measures": table("""
            grain      | name | measure   | value_high
            touchpoint | Chat | sentiment | -0.1
            touchpoint | Page | sentiment | 0.1
            stage      | Page | sentiment | -0.1
        """),
        "drop_offs": table("""
            grain      | name | share_low
            touchpoint | Shop | 0.26
            touchpoint | Page | 0.25
        """),
        "customer_names": run_model(
            "customer_names",
            attribute_values=table("customer_id | attribute | value\nada | full_name | Ada Byron"),
        ),
    }

    assert _low(**given_frames) == {
        "cross": True,
        "mild": False,
        "scored": True,
        "there": True,
        "left": True,
        "fine": False,
    }


SHARED = Path(__file__).parents[3] / "shared" / "data" / "chat_multidogo" / "software"


@pytest.mark.skipif(not SHARED.is_dir(), reason="the shared data are not here")
def test_real_reports_of_broken_software_say_what_is_broken() -> None:
    """Of 18,612 chat lines, those that people labelled as such, against all others."""
    lines = pl.concat(
        pl.read_csv(SHARED / f"{part}.tsv", separator="\t", infer_schema=False)
        for part in ("train", "dev", "test")
    ).drop_nulls("utterance")
    is_low = lines["intent"] == "reportbrokensoftware"

    found = told(
        lines.select(
            event_id="utteranceId",
            customer_id="conversationId",
            stage=pl.lit("Use"),
            touchpoint=pl.lit("Chat"),
            language=pl.lit("en"),
            text="utterance",
            names=pl.lit(None, pl.String),
            sentiment=pl.lit(None, pl.Float64),
            is_low=is_low,
        )
    )

    words = ", ".join(found["theme"])
    assert "not working" in words
    assert {"skype", "outlook"} <= set(words.split(", "))
