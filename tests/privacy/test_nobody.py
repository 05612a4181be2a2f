"""Erasing somebody of whom nothing is kept: nothing goes, and nothing comes in later."""

from datetime import UTC, datetime
from pathlib import Path

from pipeline.privacy import erasure, tombstones
from pipeline.privacy.person import Person
from pipeline.settings import Settings
from tests.identity.projects import Silent

NOW = datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
NOBODY = Person((("email", "nobody@example.org"),), (), (), (), ("nobody@example.org",))


def project(folder: Path) -> Settings:
    """A project with two old snapshots."""
    settings = Settings.model_validate(
        {
            "folder": folder,
            "company": {"name": "Larkspur"},
            "sources": {"mails": {"format": "sendgrid", "path": "raw/*.json"}},
        }
    )
    settings.lake.mkdir(parents=True)
    for name in ("one", "two"):
        (settings.published / name).mkdir(parents=True)
        (settings.published / name / "run.json").write_text("{}")
    return settings


def test_snapshots_that_name_nobody_stay(tmp_path: Path) -> None:
    """Erased twice, there is a tombstone, and each snapshot stands."""
    settings = project(tmp_path)

    rehearsed = erasure.rehearse(settings, NOBODY)
    for _ in range(2):
        done = erasure.erase(settings, NOBODY, now=NOW, listener=Silent())

        assert (dict(rehearsed.counts), dict(done.counts), done.left) == ({}, {}, ())
        assert [path.name for path in erasure.snapshots(settings.published)] == ["one", "two"]
    assert tombstones.read(settings.lake).holds("identifier", "email:nobody@example.org")


def test_an_old_snapshot_that_names_them_goes(tmp_path: Path) -> None:
    """Though no record does."""
    settings = project(tmp_path)
    (settings.published / "one" / "told.txt").write_text("nobody@example.org")

    erasure.erase(settings, NOBODY, now=NOW, listener=Silent())

    assert erasure.remaining(settings, erasure.needles(NOBODY.identifiers, ())) == []
