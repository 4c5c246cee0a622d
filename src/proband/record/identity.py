"""Identifiers: opaque, checked, and never licensed.

A therapy event's identifier says nothing about the person. It can be mapped to an ISBT 128 Chain of Identity Identifier
(ST-028, data structure 040): a site with a licence writes that identifier beside ours when the therapy event is opened; none
of the licensed tables is shipped. The check character is ISO/IEC 7064 MOD 37-2, the system that donation numbers use.
"""

from __future__ import annotations

import re
import secrets

from proband.record.errors import RecordError

#: without I, L, O and U, which are misread
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
#: what is taken for a digit, as Crockford's base 32 reads it; and the signs between letters, which nobody tells apart at a glance
_LOOKS = str.maketrans("ILO._=&", "110----")
_MADE = re.compile(rf"[A-Z]+[{_ALPHABET}]{{12}}[0-9A-Z]")
_ISO = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"


def check_character(text: str) -> str:
    """The check character of digits and capital letters by ISO/IEC 7064 MOD 37-2 (``*`` stands for 36).

    Raises
    ------
    RecordError
        ``record.identity.character`` for anything else.
    """
    total = 0
    for letter in text:
        place = _ISO.find(letter)
        if not 0 <= place < 36:
            raise RecordError("record.identity.character", letter=letter)
        total = (total + place) * 2 % 37
    return _ISO[(38 - total) % 37]


def look(identifier: str) -> str:
    """How an identifier looks to whoever reads it aloud or types it: without case, and with one sign for those that look alike.

    ``s_l0`` and ``S-1O`` look the same. Leading zeros and the number of signs are seen, and tell identifiers apart.
    """
    return identifier.upper().translate(_LOOKS).rstrip("-")


def new_identifier(prefix: str) -> str:
    """A new opaque identifier: prefix, twelve random characters, check character (``*`` is never used)."""
    while True:
        body = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(12))
        check = check_character(body)
        if check != "*":
            return body + check


def is_whole(identifier: str) -> bool:
    """Whether an identifier made by :func:`new_identifier` has its right check character."""
    try:
        return len(identifier) > 2 and check_character(identifier[:-1]) == identifier[-1]
    except RecordError:
        return False


def looks_made(identifier: str) -> bool:
    """Whether an identifier has the shape of those of :func:`new_identifier`, so that its last sign can be taken for a check character."""
    return _MADE.fullmatch(identifier) is not None
