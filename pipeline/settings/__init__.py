"""wend.toml to Settings: the only reader of configuration and environment."""

from pipeline.settings.company import Company
from pipeline.settings.environment import clock, erasure_key, identity_key, secret
from pipeline.settings.file import FILE_NAME, find_project, load, load_identity
from pipeline.settings.identity import Identity, Match, Namespace
from pipeline.settings.project import Journeys, Learned, Machine, Settings
from pipeline.settings.section import ATTRIBUTES, CHANNELS
from pipeline.settings.sources import Columns, Database, Mailbox, Snapshot, Source, Storage

__all__ = [
    "ATTRIBUTES",
    "CHANNELS",
    "FILE_NAME",
    "Columns",
    "Company",
    "Database",
    "Identity",
    "Journeys",
    "Learned",
    "Machine",
    "Mailbox",
    "Match",
    "Namespace",
    "Settings",
    "Snapshot",
    "Source",
    "Storage",
    "clock",
    "erasure_key",
    "find_project",
    "identity_key",
    "load",
    "load_identity",
    "secret",
]
