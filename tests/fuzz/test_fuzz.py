"""Files damaged at random, of every format: no crash, no lost record, no silent null."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import polars as pl
import pytest

from pipeline.errors import SourceRefused
from pipeline.landing import gate, ledger
from pipeline.landing.formats import FORMATS
from pipeline.landing.ledger import Night
from pipeline.settings import Settings
from tests.fuzz.mutations import damaged, mutant
from tests.fuzz.sample_files import COMPANY, FAMILIES, FAMILY_OF, JSON, Sample, samples
from tests.fuzz.verdicts import Known, check_damage, check_mutants, learned, read
from tests.landing.landings import assert_same, landed

SAMPLES = samples()
# Records mutated for a family: a few in every change, and all in the long run.
QUICK, SHARD, SHARDS = 1_200, 10_000, 6
# Mutants that share one file, where a format's records stand for themselves.
TOGETHER = 20
NOW = datetime(2026, 6, 1, tzinfo=UTC)
PLAIN = [sample for sample in SAMPLES if FORMATS[sample.layout].plain_module is not None]


def test_every_format_has_a_sample_and_a_family() -> None:
    """A new format is fuzzed from its first day."""
    assert {sample.layout for sample in SAMPLES} == set(FORMATS)
    assert set(FAMILY_OF) == set(FORMATS)


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.path)
def test_every_sample_lands_whole(tmp_path: Path, sample: Sample) -> None:
    """An unharmed file has events and nothing that is refused, however it is written again."""
    known = learned(sample, tmp_path)
    again = sample.file([sample.text(record) for record in sample.records])

    if sample.shape == JSON or sample.file(sample.texts) == again:
        found = read(sample, again, tmp_path)
        assert not isinstance(found, SourceRefused)
        assert [replace(each, record_number=0) for each in found][-1] == known.told[-1][-1]


def fuzz(family: str, seeds: range, folder: Path) -> Counter[str]:
    """What became of one mutated record for each seed; half are damaged in their bytes."""
    mine = [sample for sample in SAMPLES if FAMILY_OF[sample.layout] == family]
    known: dict[str, Known] = {}
    fates: Counter[str] = Counter()
    for start in range(seeds.start, seeds.stop, 2 * TOGETHER):
        sample = mine[start // (2 * TOGETHER) % len(mine)]
        if sample.path not in known:
            known[sample.path] = learned(sample, folder)
        # A seed is `FORMAT/FILE NUMBER`: the same words give the same mutation.
        names = [f"{sample.path} {number}" for number in range(start, start + TOGETHER)]
        fates += check_mutants(known[sample.path], [mutant(sample, Random(name)) for name in names])
        content = sample.file(sample.texts)
        for name in names:
            check_damage(known[sample.path], damaged(content, Random(name)))
            fates["damaged"] += 1
    return fates


@pytest.mark.parametrize("family", FAMILIES)
def test_mutated_records_are_landed_refused_or_left_out(tmp_path: Path, family: str) -> None:
    """Nothing crashes, nothing is lost, and what is not understood is said."""
    fates = fuzz(family, range(QUICK), tmp_path)

    assert fates.total() == QUICK


@pytest.mark.long
@pytest.mark.parametrize("shard", range(1, SHARDS))
@pytest.mark.parametrize("family", FAMILIES)
def test_fifty_thousand_mutated_records_of_each_family(
    tmp_path: Path, family: str, shard: int
) -> None:
    """The same at the size that the rare mutations need."""
    fates = fuzz(family, range(shard * SHARD, (shard + 1) * SHARD), tmp_path)

    assert fates.total() == SHARD


def mutated_files(sample: Sample, folder: Path, count: int) -> None:
    """Files of the sample's records in `folder`: half with a mutant, half damaged in bytes."""
    folder.mkdir(parents=True)
    for number in range(count):
        random = Random(f"{sample.path} gate {number}")
        texts = list(sample.texts)
        if number % 2:
            each = mutant(sample, random)
            texts[each.index] = each.text
            content = sample.file(texts)
        else:
            content = damaged(sample.file(texts), random).content
        stem, _, ending = sample.file_name.rpartition(".")
        # A snapshot's name is its day, and mail of one folder has many names.
        name = f"deals_2026-02-{number + 1:02}.csv" if stem.startswith("deals_") else (
            f"{stem}-{number}.{ending}"
        )  # fmt: skip
        (folder / name).write_bytes(content)


def assert_accounted(sample: Sample, folder: Path, count: int) -> None:
    """Land mutated files by the gate itself, which checks its own accounts.

    Raises:
        RecordsLost: They do not come out even.
    """
    mutated_files(sample, folder / "raw", count)
    source = sample.source.model_copy(update={"on_new_field": "warn"})
    settings = Settings(folder=folder, company=COMPANY, sources={"source": source})
    found = gate.land(settings, settings.lake, Night(1, frozenset(), NOW), tell=lambda *_: None)
    refused = [problem for problem in found.problems if not problem.is_taken]
    assert len(refused) + found.files.height <= count
    events = ledger.landed_table(settings.lake, "events").collect()
    assert events.height <= found.files["event_count"].sum()
    assert events.select(pl.col("kind", "occurred_at", "event_id").null_count()).row(0) == (0, 0, 0)


@pytest.mark.parametrize("layout", FORMATS)
def test_the_gate_takes_what_the_reader_gives(tmp_path: Path, layout: str) -> None:
    """Whatever a reader lets through can be staged, written and accounted for."""
    sample = next(sample for sample in SAMPLES if sample.layout == layout)

    assert_accounted(sample, tmp_path, 24)


@pytest.mark.long
@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.path)
def test_the_gate_takes_many_mutated_files(tmp_path: Path, sample: Sample) -> None:
    """The same for every sample, many times."""
    assert_accounted(sample, tmp_path, 28 if sample.layout == "snapshot" else 300)


def assert_plain_is_slow(sample: Sample, seeds: range) -> None:
    """The plain path and the reader land the same of the same mutated files."""
    source = sample.source.model_copy(update={"on_new_field": "warn"})
    for start in range(seeds.start, seeds.stop, 100):
        numbers = range(start, start + 100)
        mutants = [mutant(sample, Random(f"{sample.path} {number}")) for number in numbers]
        content = sample.file([each.text for each in mutants])
        for number in (start, start + 1):
            assert_same(
                *(
                    landed(source, content, is_plain=way, company=COMPANY, name=sample.file_name)
                    for way in (True, False)
                )
            )
            content = damaged(content, Random(f"{sample.path} fast {number}")).content


@pytest.mark.parametrize("sample", PLAIN, ids=lambda sample: sample.path)
def test_the_plain_path_takes_mutated_records_as_the_reader_does(sample: Sample) -> None:
    """What is certain lands alike, and what is not is left to the reader."""
    assert_plain_is_slow(sample, range(500))


@pytest.mark.long
@pytest.mark.parametrize("sample", PLAIN, ids=lambda sample: sample.path)
def test_the_plain_path_takes_many_mutated_records(sample: Sample) -> None:
    """The same, many times."""
    assert_plain_is_slow(sample, range(500, 10_000))
