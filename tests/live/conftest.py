"""One server of each kind for all tests that ask for it."""

from collections.abc import Iterator

import pytest

from tests.live import servers
from tests.live.servers import Dovecot


@pytest.fixture(scope="session")
def postgresql() -> Iterator[int]:
    """The port of a PostgreSQL."""
    with servers.postgresql() as port:
        yield port


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """A mail server."""
    with servers.dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def object_storage() -> Iterator[str]:
    """The URL of an S3 server."""
    with servers.object_storage() as url:
        yield url
