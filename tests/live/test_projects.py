"""A live source in a project: checked, run and run again from the command line."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

import pytest

from pipeline.catalogue import templates
from pipeline.errors import BadSettings
from pipeline.settings import FILE_NAME, load
from tests.conftest import FIXED
from tests.live.servers import PASSWORD

TOML = """
[company]
name = "Larkspur"

[sources.shop]
format = "generic"
channel = "store"
[sources.shop.database]
url_env = "SHOP_URL"
query = "select i as number, timestamptz '2026-02-01 10:00+00' + i * interval '1 hour' as at, \
'order ' || i as label, 'ada' || i % 3 || '@example.org' as email from generate_series(1, 40) i"
cursor = "at"
key = ["number"]
[sources.shop.columns]
occurred_at = "at"
kind = "=order_placed"
label = "label"
own_id = "number"
identifiers = { email = "email" }
"""


def wend(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command line in a process of its own, with some of the environment given."""
    return subprocess.run(
        [sys.executable, "-m", "pipeline", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **FIXED, **environment},
        timeout=300,
    )


def test_a_live_source_is_checked_and_run_like_any_other(postgresql: int, tmp_path: Path) -> None:
    """A check keeps nothing; a run lands and publishes; a second run has nothing to do."""
    templates.init(tmp_path, "retail")
    (tmp_path / FILE_NAME).write_text(TOML)
    url = f"postgresql://wend:{quote(PASSWORD, safe='')}@127.0.0.1:{postgresql}/postgres"

    checked = wend("check", "--project", tmp_path, SHOP_URL=url)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "40" in checked.stdout
    assert not (tmp_path / "data" / "lake").exists()

    done = wend("run", "--project", tmp_path, SHOP_URL=url)
    assert done.returncode in {0, 3}, done.stdout + done.stderr
    assert "40" in done.stdout
    again = wend("run", "--project", tmp_path, SHOP_URL=url)
    assert "nothing new" in again.stdout
    checked_again = wend("check", "--project", tmp_path, SHOP_URL=url)
    assert checked_again.returncode == 0, checked_again.stdout + checked_again.stderr

    alone = wend("run", "--project", tmp_path, SHOP_URL="")
    assert "SHOP_URL is not set" in alone.stdout
    assert PASSWORD not in alone.stdout + done.stdout


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (
            'path = "s3://logs/*"\n[sources.x.storage]\noptions = {secret = "hunter2"}',
            "options_env",
        ),
        ('path = "sftp://ada:hunter2@host/*"', "a path names nobody"),
        ('path = "raw/*"\n[sources.x.storage]\noptions = {anon = true}', "a URL"),
        ('path = "raw/*"\n[sources.x.mailbox]\nhost="h"\nuser_env="U"\npassword_env="P"', "one of"),
        ("", "one of them"),
        ('[sources.x.database]\nurl_env = "postgresql://wend:hunter2@h/x"\ntable = "t"', "url_env"),
        ('[sources.x.database]\nurl_env = "U"', "name a table or write a query"),
        (
            '[sources.x.mailbox]\nhost="h"\nuser_env="U"\npassword_env="P"\nfolders=["a\\r\\nb"]',
            "folders",
        ),
    ],
)
def test_a_section_that_cannot_be_meant_is_refused(
    tmp_path: Path, section: str, message: str
) -> None:
    """File and line, what to do, and never the value where a secret may stand."""
    (tmp_path / FILE_NAME).write_text(
        f'[company]\nname = "L"\n[sources.x]\nformat = "mail"\n{section}\n'
    )

    with pytest.raises(BadSettings, match=message) as refused:
        load(tmp_path)

    assert "hunter2" not in str(refused.value)
