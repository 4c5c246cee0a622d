"""What every door refuses: a library that is not installed, a command that is typed wrongly, a file that cannot be used."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "door.fault",
        "a fault of Proband itself: {kind}: {text}",
        "please report it with the traceback above",
        exit_code=70,
    ),
    Entry(
        "door.file",
        ("{file}: {reason}", "{reason}"),
        "check that the path exists, may be read or written, and has room",
    ),
    Entry(
        "door.usage",
        "{text}",
        "{help} shows what it takes",
    ),
    Entry(
        "install.extra",
        "this needs {library}, which is not installed",
        "install the extra: pip install 'proband[{extra}]'",
    ),
)
