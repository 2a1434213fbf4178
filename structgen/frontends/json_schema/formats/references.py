"""References: URIs (RFC 3986), IRIs (RFC 3987), URI templates (RFC 6570), JSON Pointers."""

from __future__ import annotations

from structgen.frontends.json_schema.formats.addresses import HEX, IPV6
from structgen.regular import Language, regex

__all__ = [
    "iri",
    "iri_reference",
    "json_pointer",
    "relative_json_pointer",
    "uri",
    "uri_reference",
    "uri_template",
]

_PERCENT = f"%{HEX}{{2}}"
# `ucschar` and `iprivate` of RFC 3987 section 2.2.
_IRI_CHARACTERS = "\u00a0-\ud7ff\uf900-\ufdcf\ufdf0-\uffef" + "".join(
    f"{chr(plane << 16 | (0x1000 if plane == 14 else 0))}-{chr(plane << 16 | 0xFFFD)}"
    for plane in range(1, 15)
)
_PRIVATE_CHARACTERS = "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"
_POINTER = "(?:/(?:[^~/]|~[01])*)*"  # RFC 6901 section 3


def _reference(more: str = "", query_more: str = "", *, relative: bool) -> Language:
    """A URI, or with `relative` also a relative reference; names as in RFC 3986 appendix A.

    Args:
        more: Characters that are unreserved beyond those of a URI.
        query_more: Characters that only a query may hold as well.
        relative: Whether the scheme may be missing.
    """
    plain = rf"A-Za-z0-9._~!$&'()*+,;=\-{more}"

    def some(others: str = "") -> str:
        return f"(?:[{plain}{others}]|{_PERCENT})"

    character = some(":@")
    future = r"[Vv][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:\-]+"
    host = rf"(?:\[(?:{IPV6}|{future})\]|{some()}*)"
    authority = f"(?:{some(':')}*@)?{host}(?::[0-9]*)?"
    rest = f"(?:/{character}*)*"
    rooted = f"//{authority}{rest}|/(?:{character}+{rest})?"
    tail = f"(?:[?]{some(':@/?' + query_more)}*)?(?:#{some(':@/?')}*)?"
    absolute = rf"[A-Za-z][A-Za-z0-9+.\-]*:(?:{rooted}|{character}+{rest})?"
    if not relative:
        return regex(absolute + tail, syntax="ecma")
    return regex(f"(?:{absolute}|{rooted}|(?:{some('@')}+{rest})?){tail}", syntax="ecma")


def uri() -> Language:
    """`URI` of RFC 3986 appendix A."""
    return _reference(relative=False)


def uri_reference() -> Language:
    """`URI-reference` of RFC 3986 appendix A."""
    return _reference(relative=True)


def iri() -> Language:
    """`IRI` of RFC 3987 section 2.2."""
    return _reference(_IRI_CHARACTERS, _PRIVATE_CHARACTERS, relative=False)


def iri_reference() -> Language:
    """`IRI-reference` of RFC 3987 section 2.2."""
    return _reference(_IRI_CHARACTERS, _PRIVATE_CHARACTERS, relative=True)


def uri_template() -> Language:
    """`URI-Template` of RFC 6570 section 2, reserved operators included."""
    literal = rf"(?:[!#$&-;=?-\[\]_a-z~{_IRI_CHARACTERS}{_PRIVATE_CHARACTERS}]|{_PERCENT})"
    name = f"(?:[A-Za-z0-9_]|{_PERCENT})"
    variable = f"{name}+(?:[.]{name}+)*(?::[1-9][0-9]{{0,3}}|[*])?"
    expression = rf"\{{[+#./;?&=,!@|]?{variable}(?:,{variable})*\}}"
    return regex(f"(?:{literal}|{expression})*", syntax="ecma")


def json_pointer() -> Language:
    """`json-pointer` of RFC 6901 section 3."""
    return regex(_POINTER, syntax="ecma")


def relative_json_pointer() -> Language:
    """`relative-json-pointer` of draft-handrews-relative-json-pointer-01 section 3."""
    return regex(f"(?:0|[1-9][0-9]*)(?:#|{_POINTER})", syntax="ecma")
