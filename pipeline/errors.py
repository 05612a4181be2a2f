"""Every error raised on purpose; each message says where, what was found and what to do.

What the machine itself refuses, such as a folder that nobody may write to, gets its sentence here.
"""

import errno

# What to do, by what the machine says.
ADVICE = {
    errno.EACCES: "let this user in, or name another place",
    errno.EPERM: "let this user in, or name another place",
    errno.EROFS: "nothing can be written there; name another place",
    errno.ENOENT: "check the spelling, or make it first",
    errno.ENOTDIR: "a file is where a folder should be",
    errno.EISDIR: "name a file in it",
    errno.EEXIST: "move it away, or name another place",
    errno.ENOSPC: "the disk is full; make room",
    errno.EDQUOT: "all that this user may fill is full; make room",
}


class WendError(Exception):
    """The root: the command line prints it as one sentence, without a traceback."""


class BadSettings(WendError):
    """`wend.toml` or a catalogue CSV holds something that cannot be meant."""


class NoProject(WendError):
    """No `wend.toml` at or above the folder that was named."""


class SourceRefused(WendError):
    """A whole file cannot be read as its format; its source stops, the others go on."""


class Unreachable(WendError):
    """A live source does not answer or does not let us in; the next fetch may fare better."""


class RecordsLost(WendError):
    """The accounting equation of a file does not hold: a bug in a reader, never weather."""


class BadRecord(WendError):
    """One record cannot become an event; the message is the reason kept in quarantine."""


class UnknownTable(WendError):
    """A model reads a table that no file in sql/ builds and no step provides."""


class BadModel(WendError):
    """A file in sql/ breaks the form: header, one select, portable subset, no cycle."""


class NothingPublished(WendError):
    """A command needs a published snapshot and there is none yet."""


class Stale(WendError):
    """`--from STEP` would build on results that no longer belong to the landed data."""


class RunInProgress(WendError):
    """Another run holds the project's lock."""


class UnknownIdentifier(WendError):
    """No landed record holds the identifier that was asked for."""


class ImplausibleCustomers(WendError):
    """Stitching joined more than can be meant; nothing is published until somebody decides."""


class NoSuchInstant(WendError):
    """The instant that reports shall speak about lies beyond what is landed."""


class BadQuery(WendError):
    """An analyst's own SELECT that DuckDB does not take."""


class BadPattern(WendError):
    """A pattern of touchpoints that means nothing; the message points at the place."""


class BadFunnel(WendError):
    """A funnel that cannot be meant, or that names what is not there."""


class NotOnePerson(WendError):
    """An identifier to be erased or suppressed names nobody, or several people."""


class ErasurePending(WendError):
    """An erasure was interrupted and must be finished before anything else is done."""


class BadWhatIf(WendError):
    """A change of transitions that names nobody's way, or cannot be meant."""


class NoPlace(WendError):
    """An answer cannot be written where it was asked for."""


class DiskFull(WendError):
    """There is no room left for what is to be written; what stood before still stands."""


def sentence(error: OSError) -> str:
    """What the machine refused: the file or folder, what it says of it, and what to do."""
    said = (error.strerror or str(error)).lower()
    place = f"{error.filename}: " if error.filename else ""
    advice = ADVICE.get(error.errno or 0)
    return f"{place}{said}; {advice}" if advice else f"{place}{said}"
