"""Mail of an IMAP mailbox to mbox files, without marking anything as seen.

Used: IMAP4rev1 (RFC 3501): EXAMINE, UID FETCH with RFC822.SIZE, INTERNALDATE and BODY.PEEK[]; LOGIN
or AUTHENTICATE PLAIN. Messages are kept byte for byte, `From ` lines quoted as in mboxrd.

The cursor is, for each folder, its UIDVALIDITY and the highest UID fetched: UIDs only ever rise,
and a message that arrives late gets a higher one. A folder with another UIDVALIDITY has numbered
its messages anew, so all of them are fetched again; those landed before are duplicates.
"""

import base64
import imaplib
import re
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from pipeline.errors import Unreachable
from pipeline.landing.live.fetched import Visit, batches, commit, redacted, staged
from pipeline.settings import Mailbox, secret

# So much is held in memory, and committed before the fetch goes on.
PART_BYTES = 64 * 2**20
PART_MESSAGES = 2_000
SECONDS = 60
NAME = re.compile(rb'\((?P<flags>[^)]*)\) (?:"(?:[^"\\]|\\.)*"|NIL) (?P<name>.*)')
FROM = re.compile(rb"(?m)^(>*From )")


class Listed(NamedTuple):
    """A message of a folder: its UID and its length in bytes."""

    uid: int
    size: int


def fetch(visit: Visit, mailbox: Mailbox) -> None:
    """Fetch the messages that are new since the last fetch, some at a time.

    Raises:
        BadSettings: User or password is not set.
        Unreachable: The server cannot be reached, its certificate is not trusted, it refuses the
            password, or has no such folder.
    """
    user, password = secret(mailbox.user_env), secret(mailbox.password_env)
    origin = f"{user}@{mailbox.host}"
    try:
        with _logged_in(mailbox, user, password) as server:
            for folder in mailbox.folders:
                _take(visit, server, folder, origin)
    except (imaplib.IMAP4.error, OSError) as error:
        login = base64.b64encode(_plain(user, password)).decode()
        advice = _advice(error)
        said = redacted(error, [password, login])
        raise Unreachable(f"{mailbox.host}: {said}{advice}") from None


def _advice(error: Exception) -> str:
    """What to do about a failure that has a usual cause."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return "; a certificate of your own is trusted where SSL_CERT_FILE names it"
    return ""


@contextmanager
def _logged_in(mailbox: Mailbox, user: str, password: str) -> Iterator[imaplib.IMAP4]:
    """A connection that is logged in, and logged out at the end."""
    trust = ssl.create_default_context()
    port = mailbox.port or (993 if mailbox.security == "tls" else 143)
    server = (
        imaplib.IMAP4_SSL(mailbox.host, port, ssl_context=trust, timeout=SECONDS)
        if mailbox.security == "tls"
        else imaplib.IMAP4(mailbox.host, port, timeout=SECONDS)
    )
    with server:
        if mailbox.security == "starttls":
            server.starttls(trust)
        if "AUTH=PLAIN" in server.capabilities:
            server.authenticate("PLAIN", lambda _: _plain(user, password))
        elif not (user + password).isascii():
            raise imaplib.IMAP4.error("takes user and password by LOGIN only, in ASCII characters")
        else:
            server.login(user, password)
        yield server


def _plain(user: str, password: str) -> bytes:
    """What AUTHENTICATE PLAIN sends: it takes any characters, where LOGIN takes ASCII."""
    return f"\0{user}\0{password}".encode()


def _take(visit: Visit, server: imaplib.IMAP4, folder: str, origin: str) -> None:
    """Commit the messages of one folder that were not fetched before."""
    found, _ = server.select(mailbox_name(folder), readonly=True)
    if found != "OK":
        there = ", ".join(_folders(server))
        raise imaplib.IMAP4.error(f"no folder {folder}; there are {there}")
    validity = int(_response(server, "UIDVALIDITY"))
    last = max(
        (
            batch.cursor["uid"]
            for batch in batches(visit.shelf, origin)
            if (batch.cursor["folder"], batch.cursor["uidvalidity"]) == (folder, validity)
        ),
        default=0,
    )
    for number, part in enumerate(_parts(_listed(server, last)), start=1):
        with staged(visit.shelf) as staging:
            path = staging / "files" / visit.file_name(".mbox", number)
            with path.open("wb") as file:
                file.writelines(_entries(server, part))
            cursor = {"folder": folder, "uidvalidity": validity, "uid": part[-1].uid}
            commit(visit.shelf, staging, origin, cursor)


def mailbox_name(folder: str) -> str:
    """A folder's name as IMAP wants it: modified UTF-7, quoted (RFC 3501, 5.1.3)."""

    def shifted(match: re.Match[str]) -> str:
        packed = base64.b64encode(match[0].encode("utf-16-be")).rstrip(b"=").decode()
        return f"&{packed.replace('/', ',')}-"

    spelled = re.sub(r"[^\x20-\x7e]+", shifted, folder.replace("&", "&-"))
    escaped = spelled.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _folders(server: imaplib.IMAP4) -> list[str]:
    """The names of the folders, as the server spells them."""
    _, rows = server.list()
    found = [NAME.fullmatch(row) for row in rows if isinstance(row, bytes)]
    return sorted(match["name"].decode("utf-8", "replace").strip('"') for match in found if match)


def _response(server: imaplib.IMAP4, name: str) -> bytes:
    """An untagged number that SELECT gave."""
    _, data = server.response(name)
    if not data or data[0] is None:
        raise imaplib.IMAP4.error(f"the server tells no {name}, without which no mail is safe")
    return bytes(data[0])


def _listed(server: imaplib.IMAP4, last: int) -> list[Listed]:
    """The messages above a UID, in the order of UIDs."""
    data = _ok(server.uid("FETCH", f"{last + 1}:*", "(UID RFC822.SIZE)"))
    found = []
    for row in data:
        text = row if isinstance(row, bytes) else b""
        uid, size = re.search(rb"UID (\d+)", text), re.search(rb"RFC822\.SIZE (\d+)", text)
        # `*` is the newest message even where its UID lies below.
        if uid and size and int(uid[1]) > last:
            found.append(Listed(int(uid[1]), int(size[1])))
    return sorted(set(found))


def _parts(listed: Sequence[Listed]) -> Iterator[list[Listed]]:
    """Messages in groups of bounded bytes and number."""
    part: list[Listed] = []
    size = 0
    for message in listed:
        if part and (size + message.size > PART_BYTES or len(part) >= PART_MESSAGES):
            yield part
            part, size = [], 0
        part.append(message)
        size += message.size
    if part:
        yield part


def _entries(server: imaplib.IMAP4, part: Sequence[Listed]) -> Iterator[bytes]:
    """Messages as entries of an mbox; one that was deleted meanwhile is left out."""
    wanted = {message.uid for message in part}
    numbers = ",".join(str(uid) for uid in sorted(wanted))
    data = _ok(server.uid("FETCH", numbers, "(UID INTERNALDATE BODY.PEEK[])"))
    for position, row in enumerate(data):
        if not isinstance(row, tuple):
            continue
        # What follows the message's bytes stands in the next row.
        following = data[position + 1] if position + 1 < len(data) else b""
        told = row[0] + b" " + (following if isinstance(following, bytes) else b"")
        uid = re.search(rb"UID (\d+)", told)
        if uid and int(uid[1]) in wanted:
            wanted.discard(int(uid[1]))
            yield _entry(row[1], told)


def _entry(content: bytes, told: bytes) -> bytes:
    """A message as an entry of an mbox, under the day the server took it."""
    day = time.asctime(imaplib.Internaldate2tuple(told) or time.gmtime(0))
    end = b"\n" if content.endswith(b"\n") else b"\n\n"
    return f"From wend {day}\n".encode() + FROM.sub(rb">\1", content) + end


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """The data of an answer.

    Raises:
        IMAP4.error: The server said no.
    """
    said, data = answer
    if said != "OK":
        raise imaplib.IMAP4.error(str(data[0]) if data else said)
    return data
