"""Unicode properties by the names that ECMA-262 gives them, from the tables of the package `regex`.

Source:
    ECMA-262, 'UnicodeMatchProperty' and 'UnicodeMatchPropertyValue' (tables 69 to 72 of edition
    15): names are matched exactly, unlike in most engines.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

import regex

from structgen.regular.charset import SCALARS, Ranges

__all__ = ["unicode_property"]

_CATEGORIES = {
    "L": "Letter", "LC": "Cased_Letter", "Lu": "Uppercase_Letter", "Ll": "Lowercase_Letter",
    "Lt": "Titlecase_Letter", "Lm": "Modifier_Letter", "Lo": "Other_Letter", "M": "Mark",
    "Mn": "Nonspacing_Mark", "Mc": "Spacing_Mark", "Me": "Enclosing_Mark", "N": "Number",
    "Nd": "Decimal_Number", "Nl": "Letter_Number", "No": "Other_Number", "P": "Punctuation",
    "Pc": "Connector_Punctuation", "Pd": "Dash_Punctuation", "Ps": "Open_Punctuation",
    "Pe": "Close_Punctuation", "Pi": "Initial_Punctuation", "Pf": "Final_Punctuation",
    "Po": "Other_Punctuation", "S": "Symbol", "Sm": "Math_Symbol", "Sc": "Currency_Symbol",
    "Sk": "Modifier_Symbol", "So": "Other_Symbol", "Z": "Separator", "Zs": "Space_Separator",
    "Zl": "Line_Separator", "Zp": "Paragraph_Separator", "C": "Other", "Cc": "Control",
    "Cf": "Format", "Cs": "Surrogate", "Co": "Private_Use", "Cn": "Unassigned",
}  # fmt: skip
_CATEGORY = {
    **{name: name for name in _CATEGORIES},
    **{long: name for name, long in _CATEGORIES.items()},
    "Combining_Mark": "M", "cntrl": "Cc", "digit": "Nd", "punct": "P",
}  # fmt: skip
_BINARY = frozenset(
    """
    ASCII_Hex_Digit AHex Alphabetic Alpha Bidi_Control Bidi_C Bidi_Mirrored Bidi_M Case_Ignorable CI
    Cased Changes_When_Casefolded CWCF Changes_When_Casemapped CWCM Changes_When_Lowercased CWL
    Changes_When_Titlecased CWT Changes_When_Uppercased CWU Dash Default_Ignorable_Code_Point DI
    Deprecated Dep Diacritic Dia Emoji Emoji_Component EComp Emoji_Modifier EMod Emoji_Modifier_Base
    EBase Emoji_Presentation EPres Extended_Pictographic ExtPict Extender Ext Grapheme_Base Gr_Base
    Grapheme_Extend Gr_Ext Hex_Digit Hex IDS_Binary_Operator IDSB IDS_Trinary_Operator IDST
    ID_Continue IDC ID_Start IDS Ideographic Ideo Join_Control Join_C Logical_Order_Exception LOE
    Lowercase Lower Math Noncharacter_Code_Point NChar Pattern_Syntax Pat_Syn Pattern_White_Space
    Pat_WS Quotation_Mark QMark Radical Regional_Indicator RI Sentence_Terminal STerm Soft_Dotted SD
    Terminal_Punctuation Term Unified_Ideograph UIdeo Uppercase Upper Variation_Selector VS
    White_Space space XID_Continue XIDC XID_Start XIDS
    """.split()
)
_SCRIPTS = {"Script": "sc", "sc": "sc", "Script_Extensions": "scx", "scx": "scx"}
_SCRIPT_NAME = re.compile("(?!Hrkt$|Katakana_Or)[A-Z][A-Za-z]*(?:_[A-Z][a-z]*)*")


@lru_cache(maxsize=256)
def unicode_property(name: str) -> Ranges | None:
    r"""The characters of `\p{name}`; None: there is no such property.

    Example:
        >>> unicode_property("Script=Ogham")
        ((5760, 5788),)
        >>> unicode_property("script=ogham") is None
        True
    """
    key, _, value = name.rpartition("=")
    if key in ("", "General_Category", "gc") and value in _CATEGORY:
        return _matching(rf"\p{{gc={_CATEGORY[value]}}}")
    if key in _SCRIPTS and _SCRIPT_NAME.fullmatch(value):
        return _matching(rf"\p{{{_SCRIPTS[key]}={value}}}")
    if name in _BINARY:
        return _matching(rf"\p{{{name}=Yes}}")
    special = {"Any": SCALARS, "ASCII": ((0, 0x7F),)}.get(name)
    return _matching(r"\P{gc=Cn}") if name == "Assigned" else special


def _matching(pattern: str) -> Ranges | None:
    try:
        runs = regex.compile(f"{pattern}+")
    except regex.error:  # no script of this name
        return None
    scalars = _scalars()
    return tuple(
        (ord(scalars[found.start()]), ord(scalars[found.end() - 1]))
        for half in (slice(0, 0xD800), slice(0xD800, None))
        for found in runs.finditer(scalars, half.start, half.stop or len(scalars))
    )


@cache
def _scalars() -> str:
    """All characters, surrogates left out."""
    return "".join(map(chr, (*range(0xD800), *range(0xE000, 0x110000))))
