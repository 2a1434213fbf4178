"""Host names and the mail addresses that end in them: RFC 1123, RFC 5321, RFC 6531."""

from __future__ import annotations

from structgen.frontends.json_schema.formats.addresses import IPV4, IPV6
from structgen.regular import EMPTY, EPSILON, Language, characters, length, regex, text, union

__all__ = ["email", "hostname", "idn_email", "label"]

MAX_NAME = 253  # RFC 1035 section 3.1: 255 octets with the lengths of labels, less two
MAX_LOCAL_PART = 64  # RFC 5321 section 4.5.3.1.1
MAX_MAILBOX = 254  # RFC 5321 section 4.5.3.1.3: a path of 256 octets, less its angle brackets

_ATEXT = regex(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-]", syntax="ecma")
_QTEXT = regex(r"[ !#-\[\]-~]", syntax="ecma")
_ESCAPED = regex(r"\\[ -~]", syntax="ecma")
_BEYOND_ASCII = "\u0080-\ud7ff\ue000-\U0010ffff"
_CHARACTERS_OF = {  # by octets in UTF-8 (RFC 3629 section 3)
    2: characters([(0x80, 0x7FF)]),
    3: characters([(0x800, 0xFFFF)]),
    4: characters([(0x10000, 0x10FFFF)]),
}
_LITERAL = rf"\[(?:{IPV4}|[Ii][Pp][Vv]6:{IPV6})\]"


def label(more: str = "") -> Language:
    """Labels of at most 63 characters (RFC 1123 section 2.1).

    Not those with hyphens third and fourth: they are reserved (RFC 5890 section 2.3.1), and whether
    one that begins with `xn--` spells a name is not a regular language.

    Args:
        more: Characters that are allowed beside ASCII letters and digits.
    """
    end, inner = f"[A-Za-z0-9{more}]", f"[A-Za-z0-9{more}-]"
    third_and_fourth = f"(?:{end}{inner}|-{end})"
    return regex(
        f"{end}(?:{inner}{{0,2}}{end}|{inner}{third_and_fourth}{inner}{{0,58}}{end})?",
        syntax="ecma",
    )


def _names(part: Language) -> Language:
    return part + (text(".") + part).repeat()


def hostname() -> Language:
    """Names of at most 253 characters."""
    return _names(label()) & length(0, MAX_NAME)


def email() -> Language:
    """`Mailbox` of RFC 5321 section 4.1.2, with the lengths of section 4.5.3.1."""
    return _mailbox(international=False)


def idn_email() -> Language:
    """`Mailbox` as RFC 6531 section 3.3 extends it: any character beyond ASCII, unchecked."""
    return _mailbox(international=True)


def _mailbox(international: bool) -> Language:
    atext, qtext = [_ATEXT], [_QTEXT]
    for octets in (2, 3, 4) if international else ():
        atext.append(_CHARACTERS_OF[octets])
        qtext.append(_CHARACTERS_OF[octets])
    local = _dot_string(atext) | _quoted_string(qtext)
    domain = _names(label(_BEYOND_ASCII if international else "")) | regex(_LITERAL, syntax="ecma")
    return (local + text("@") + domain) & length(0, MAX_MAILBOX)


def _dot_string(atext: list[Language]) -> Language:
    """`Dot-string`: dots only between characters. `atext[i]` takes i + 1 octets."""
    after = [EPSILON]  # by octets left: what may come after a character
    for left in range(1, MAX_LOCAL_PART):
        after.append(
            EPSILON
            | _character(atext, after, left)
            | text(".") + _character(atext, after, left - 1)
        )
    return _character(atext, after, MAX_LOCAL_PART)


def _quoted_string(qtext: list[Language]) -> Language:
    """`Quoted-string`: a backslash before any printable ASCII character."""
    quote = text('"')
    after = [EMPTY, quote]  # by octets left: what may come inside, with the closing quote
    for left in range(2, MAX_LOCAL_PART):
        pair = _ESCAPED + after[left - 2]
        after.append(quote | _character(qtext, after, left) | pair)
    return quote + after[-1]


def _character(kinds: list[Language], after: list[Language], left: int) -> Language:
    """One character and what may come after it, in so many octets."""
    return union(
        kind + after[left - octets] for octets, kind in enumerate(kinds, 1) if octets <= left
    )
