"""Characters that lead back to where they are read: masks by stepping token by token."""

from itertools import product

import numpy as np
import pytest

import structgen as sg

# Enough tokens below each first symbol that a loop is read as one; some end within a character.
SYMBOLS = [
    b"a",
    b"b",
    b"_",
    b"7",
    b'"',
    b"'",
    b"\n",
    b" ",
    b"*",
    b"/",
    "é".encode(),
    b"\xe4",
    b"\xb8",
]
TOKENS = [b"".join(each) for n in (1, 2, 3) for each in product(SYMBOLS, repeat=n)]
VOCABULARY = sg.Vocabulary([*dict.fromkeys([*TOKENS, b"\xad"])], eos_token_ids=[])

QUOTED = r"""root ::= "\"" [^"\n]+ "\"" | "'" ([^'] | "''")* "'" """
NAMES = r"""root ::= name ("." name | " "? "*" name)* (" "? quoted)?
name ::= [a-z_] [a-z0-9_é]*
quoted ::= "\"" [^"]* "\"" """
TOUCHING = r"""root ::= [a-z]* "ab" [ab_]* "_a" ("/*" ([^*] | "*"+ [^*/])* "*"+ "/")? [a-zé中]* """
LEXED = r"""
    start: (NAME | STRING | COMMENT | NUMBER)*
    NAME: /[a-z_é]+/
    STRING: /"[^"\n]*"/
    COMMENT: /\/\*([^*]|\*+[^*\/])*\*+\// | /\/\/[^\n]*\n/
    NUMBER: /[0-9]+/
    %ignore /[ \n]+/
"""
GRAMMARS = {
    "quoted": (sg.ebnf(QUOTED), ['"', '"a', '"é b', "'", "'a''b", "'\n"]),
    "names": (sg.ebnf(NAMES), ["", "a", "ab.b", "a *", 'a "', 'a.b "é\n']),
    "touching": (sg.ebnf(TOUCHING), ["", "a", "ab", "aba_", "ab_a", "ab_a/*", "ab_a/* *", "ab_aé"]),
    "lexed": (sg.lark(LEXED, lexer="basic"), ["", "a", 'a"', 'a "é', "/* a", "// é", "7 "]),
}


@pytest.mark.parametrize("name", GRAMMARS)
def test_masks_are_what_stepping_accepts(name: str) -> None:
    grammar, texts = GRAMMARS[name]
    compiled = sg.compile(grammar, VOCABULARY)
    row = sg.allocate_bitmask(1, VOCABULARY.size)[0]
    for text in texts:
        matcher = compiled.matcher()
        assert matcher.accept_bytes(text.encode()), text
        for tail in (b"", b"\xe4"):
            if tail and not matcher.accept_bytes(tail):
                continue
            matcher.fill_bitmask(row)
            allowed = np.unpackbits(row.view(np.uint8), bitorder="little")[: VOCABULARY.size]
            for token, is_allowed in enumerate(allowed):
                assert matcher.fork().accept_token(token) == bool(is_allowed), (text, tail, token)


def test_scans_with_the_same_characters_share_a_loop() -> None:
    """The second of two kinds of quoted text is read below the nodes where it can end only."""
    first, second = (
        sg.compile(sg.ebnf(f'root ::= "{mark}" [^7]* "7" "{mark}"'), VOCABULARY)
        for mark in ("a", "b")
    )
    visited = []
    for compiled, mark in ((first, b"a"), (second, b"b")):
        before = compiled.engine.counts()["visited_nodes"]
        matcher = compiled.matcher()
        assert matcher.accept_bytes(mark + b"a")
        matcher.fill_bitmask(sg.allocate_bitmask(1, VOCABULARY.size)[0])
        visited.append(compiled.engine.counts()["visited_nodes"] - before)
    assert visited[1] < visited[0]
