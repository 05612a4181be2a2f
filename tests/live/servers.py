"""Real servers on loopback, each in a folder of its own, stopped at the end."""

import contextlib
import imaplib
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PASSWORD = "correct-horse%1é"
KEY, SECRET = "wend-tests", "battery-staple"


def free_port() -> int:
    """A port of the loopback interface on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def as_user(name: str, group: str) -> Mapping[str, Any]:
    """How to run a server that refuses to be root, when the tests are."""
    return {"user": name, "group": group, "extra_groups": []} if os.geteuid() == 0 else {}


@contextmanager
def own_folder(name: str, group: str) -> Iterator[Path]:
    """A folder that `name` may write to; short, since sockets stand in it."""
    folder = Path(tempfile.mkdtemp(prefix="wend-"))
    if os.geteuid() == 0:
        shutil.chown(folder, name, group)
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def answers(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until a server takes connections."""
    for _ in range(200):
        assert process.poll() is None, log.read_text()
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise AssertionError(log.read_text())


@contextmanager
def postgresql() -> Iterator[int]:
    """A PostgreSQL whose superuser is wend, with PASSWORD; gives its port."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        pytest.skip("no PostgreSQL: apt-get install postgresql")
    binaries = found[-1].parent
    rights = as_user("postgres", "postgres")
    with own_folder("postgres", "postgres") as folder:
        secret = folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        subprocess.run(
            [
                binaries / "initdb",
                *("--pgdata", folder / "data", "--username", "wend", "--pwfile", secret),
                *("--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            **rights,
        )
        port, log = free_port(), folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [
                    binaries / "postgres",
                    *("-D", folder / "data", "-p", str(port), "-h", "127.0.0.1", "-k", folder),
                    "-F",
                ],
                stderr=out,
                cwd=folder,
                **rights,
            )
        try:
            answers(port, process, log)
            ready = [binaries / "pg_isready", "-q", "-h", "127.0.0.1", "-p", str(port)]
            while subprocess.run(ready, check=False).returncode:
                assert process.poll() is None, log.read_text()
                time.sleep(0.05)
            yield port
        finally:
            # An immediate stop: what is in it is thrown away.
            process.send_signal(3)
            process.wait()


@dataclass(frozen=True, slots=True)
class Dovecot:
    """A mail server; every user's password is PASSWORD.

    Attributes:
        certificate: What its TLS can be trusted by.
        port: For plain connections and STARTTLS.
    """

    certificate: Path
    port: int
    tls_port: int

    def login(self, user: str) -> imaplib.IMAP4:
        """A connection of a user, to put mail in."""
        trust = ssl.create_default_context(cafile=str(self.certificate))
        server = imaplib.IMAP4_SSL("localhost", self.tls_port, ssl_context=trust)
        server.authenticate("PLAIN", lambda _: f"\0{user}\0{PASSWORD}".encode())
        return server


DOVECOT = """
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
first_valid_uid = 1
mail_location = maildir:{folder}/mail/%u
ssl = yes
ssl_cert = <{folder}/certificate.pem
ssl_key = <{folder}/key.pem
auth_mechanisms = plain login
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={user} gid={group} home={folder}/mail/%u
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
"""


@contextmanager
def dovecot() -> Iterator[Dovecot]:
    """A Dovecot IMAP server with a certificate that it signed itself."""
    if not shutil.which("dovecot", path=f"{os.environ['PATH']}:/usr/sbin"):
        pytest.skip("no Dovecot: apt-get install dovecot-imapd")
    is_root = os.geteuid() == 0
    user, group = ("nobody", "nogroup") if is_root else (os.environ["USER"], str(os.getegid()))
    with own_folder(user, group) as folder:
        certificate = folder / "certificate.pem"
        subprocess.run(
            [
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-keyout", folder / "key.pem", "-out", certificate, "-subj", "/CN=localhost"),
                *("-addext", "subjectAltName=DNS:localhost"),
            ],
            check=True,
            stderr=subprocess.DEVNULL,
        )
        server = Dovecot(certificate, free_port(), free_port())
        config = folder / "dovecot.conf"
        config.write_text(
            DOVECOT.format(
                folder=folder,
                user=user,
                group=group,
                # A per cent sign begins a variable there.
                password=PASSWORD.replace("%", "%%"),
                port=server.port,
                tls_port=server.tls_port,
            )
        )
        log = folder / "log"
        log.touch()
        for path in folder.iterdir():
            if is_root:
                shutil.chown(path, user, group)
        process = subprocess.Popen(
            ["/usr/sbin/dovecot", "-F", "-c", config], cwd=folder, **as_user(user, group)
        )
        try:
            answers(server.tls_port, process, log)
            yield server
        finally:
            process.terminate()
            process.wait()


@contextmanager
def object_storage() -> Iterator[str]:
    """An S3 server (rclone) over an empty folder, for KEY and SECRET; gives its URL."""
    rclone = shutil.which("rclone")
    asked = [rclone, "serve", "s3", "--help"] if rclone else ["false"]
    if subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("no S3 server: install rclone 1.65 or later")
    with tempfile.TemporaryDirectory(prefix="wend-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        port, log = free_port(), folder / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                [
                    *(str(rclone), "serve", "s3", "--addr", f"127.0.0.1:{port}"),
                    *("--auth-key", f"{KEY},{SECRET}", "--config", "/dev/null"),
                    str(folder / "data"),
                ],
                stderr=out,
                stdout=out,
            )
        try:
            answers(port, process, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait()
