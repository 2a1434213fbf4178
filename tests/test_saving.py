"""Saved grammars: after loading the same masks at once; errors for damaged files."""

from __future__ import annotations

import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import structgen as sg
from structgen.automaton.saved.tables import WIDTHS
from tests.vocabulary.test_readers import package_files

TOKENS = [*(bytes([byte]) for byte in range(256)), b'{"', b'": "', b"the ", b"12", b"+ 1", b""]


def vocabulary() -> sg.Vocabulary:
    """A new one each time, and so a new engine."""
    return sg.Vocabulary(TOKENS, eos_token_ids=[len(TOKENS) - 1])


SCHEMA = {
    "properties": {
        "a": {"type": "string", "maxLength": 9},
        "b": {"$ref": "#"},
        "k": {"type": "array", "uniqueItems": True, "items": {"pattern": "^x+y*$"}},
        "n": {"multipleOf": 0.5, "maximum": 100},
    },
    "additionalProperties": {"type": ["integer", "null"]},
    "required": ["a"],
    "type": "object",
}
LARK = """
    start: (sum ";")+
    sum: sum "+" sum | NUMBER | "(" sum ")"
    NUMBER: /[0-9]+/
    %ignore " "
"""
COPIES = """
    start: OPEN text CLOSE
    text: /[a-z]*/
    OPEN: /[A-Z]+/
    %declare CLOSE
    //% capture OPEN as CLOSE
"""
TAGS = sg.structural_tags(
    [sg.Tag("<s>", sg.lark(LARK), "</s>"), sg.Tag("<j>", sg.json_schema(SCHEMA), "</j>")],
    triggers=["<"],
    thinking=("[", "]"),
)
CASES: dict[str, tuple[Any, bytes, bytes]] = {  # grammar, text known when saved, text that is not
    "schema": (
        sg.json_schema(SCHEMA),
        b'{"a": "ab", "b": {"a": "c\\n"}, "k": ["xy", "x"], "zz": 12}',
        b'{"a": "ab", "b": {"a": "c\\u00e9", "k": ["xyy"], "q": -1}, "k": ["xx", "x"], "y": null}',
    ),
    "any order": (
        sg.json_schema(SCHEMA, property_order="any", whitespace="any"),
        b'{"n": 1.5, "a": ""}',
        b'{"k": ["x", "xy"], "a": "\\t", "n": 99.5, "b": {"a": ""}}',
    ),
    "resources": (
        sg.json_schema({"$ref": "https://x.y/z"}, resources={"https://x.y/z": {"enum": [1, [2]]}}),
        b"1",
        b"[2]",
    ),
    "lark": (sg.lark(LARK), b"(1 + 12) + 3; ", b"((1)); 1 + 2 + (3 + 4);"),
    "lexer": (sg.lark(LARK, lexer="basic"), b"(1 + 12) + 3; ", b"((1)); 1 + 2 + (3 + 4);"),
    "copies": (sg.lark(COPIES), b"AabcA", b"ABCxyzABC"),
    "ebnf": (sg.ebnf('root ::= "a" root "b" | [x-z]+'), b"aaxbb", b"aaayzzbbb"),
    "gbnf": (sg.gbnf('root ::= ("x" item){2,3}\nitem ::= [0-9]+ | "y"'), b"x1xy", b"x12x3x4"),
    "regex": (sg.regex(r"(\w+ )*the [^a-f]{2,5}"), b"is the x!", "Où the ?é?".encode()),
    "choice": (sg.choice(["yes", "no", "yesterday"]), b"yes", b"yesterday"),
    "substring": (sg.substring("über alle Berge, über alles"), b"lle", " über al".encode()),
    "tags": (
        TAGS,
        b"[hm] see <s>1 + 2;</s> or",
        b'[no]<j>{"a": "", "b": {"a": "<"}}</j> <s>1;</s>',
    ),
}


def masks(compiled: sg.CompiledGrammar, text: bytes) -> np.ndarray[Any, Any]:
    """The masks before each byte of a text and after the last."""
    matcher = compiled.matcher()
    rows = sg.allocate_bitmask(len(text) + 1, len(TOKENS))
    for row, byte in zip(rows, [*text, None], strict=True):
        matcher.fill_bitmask(row)
        assert byte is None or matcher.accept_token(byte)
    assert matcher.is_accepting
    return rows


def saved(name: str, path: Path) -> sg.CompiledGrammar:
    grammar, known, _ = CASES[name]
    compiled = sg.compile(grammar, vocabulary())
    masks(compiled, known)
    compiled.save(path)
    return compiled


def check_loaded(name: str, path: Path) -> sg.CompiledGrammar:
    """What is known needs no walk; what is not is the same as without a file."""
    grammar, known, unknown = CASES[name]
    loaded = sg.load(path, vocabulary())
    fresh = sg.compile(grammar, vocabulary())
    assert (masks(loaded, known) == masks(fresh, known)).all()
    assert loaded.engine.counts()["walks"] == 0
    assert (masks(loaded, unknown) == masks(fresh, unknown)).all()
    assert loaded.engine.generation == 0, "the tables did not fit their source"
    return loaded


@pytest.mark.parametrize("name", CASES)
def test_masks_are_the_same_after_loading(name: str, tmp_path: Path) -> None:
    saved(name, tmp_path / "one")
    again = check_loaded(name, tmp_path / "one")
    again.save(tmp_path / "two")
    _, _, unknown = CASES[name]
    loaded = sg.load(tmp_path / "two", vocabulary())
    assert (masks(loaded, unknown) == masks(again, unknown)).all()
    assert loaded.engine.counts()["walks"] == 0


def test_loading_into_an_engine_that_knows_others(tmp_path: Path) -> None:
    shared = vocabulary()
    for name, (grammar, known, _) in CASES.items():
        saved(name, tmp_path / name)
        masks(sg.compile(grammar, shared), known)
    for name, (grammar, known, unknown) in CASES.items():
        loaded = sg.load(tmp_path / name, shared)
        alone = sg.compile(grammar, vocabulary())
        for text in (known, unknown):
            assert (masks(loaded, text) == masks(alone, text)).all()
    # When the tables are full, all begin again from their sources.
    again = [sg.load(tmp_path / name, shared) for name in CASES]
    again[0].engine.reset(again[0].engine.generation)
    for loaded, (grammar, _, unknown) in zip(again, CASES.values(), strict=True):
        assert (masks(loaded, unknown) == masks(sg.compile(grammar, vocabulary()), unknown)).all()


def test_another_process(tmp_path: Path) -> None:
    """Definitions name the same keys in the same order, whatever order sets of texts have there."""
    for name in CASES:
        saved(name, tmp_path / name)
    program = (
        "import sys, pathlib\nfrom tests.test_saving import CASES, check_loaded\n"
        "for name in CASES: check_loaded(name, pathlib.Path(sys.argv[1]) / name)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        env=os.environ | {"PYTHONHASHSEED": "12345"},
        cwd=Path(__file__).parents[1],
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr


# --- Files that are not what they should be -----------------------------------------------------

HEAD = len(b"structgen grammar") + 1  # magic and version; then 32 bytes of checksum


def signed(data: bytes) -> bytes:
    """A file with the checksum that fits its body."""
    body = data[HEAD + 32 :]
    return data[:HEAD] + hashlib.blake2b(body, digest_size=32).digest() + body


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: b"", "is not a saved grammar"),
        (lambda data: b"{}", "is not a saved grammar"),
        (lambda data: data[: HEAD - 1] + b"\xff" + data[HEAD:], "another version of structgen"),
        (lambda data: signed(data.replace(b'"code": "', b'"code": "0', 1)), "is damaged"),
        (lambda data: data[:100], "checksum"),
        (lambda data: data[:-1], "checksum"),
        (lambda data: data[:200] + bytes([data[200] ^ 1]) + data[201:], "checksum"),
        (lambda data: signed(data[:-4]), "is damaged"),
        (lambda data: signed(data + b"\0\0\0\0"), "is damaged"),
        (lambda data: signed(data[: HEAD + 32]), "is damaged"),
        (lambda data: signed(data.replace(b'"lark"', b'"eval"', 1)), "is damaged"),
    ],
)
def test_damaged_files(change: Any, message: str, tmp_path: Path) -> None:
    saved("lark", tmp_path / "file")
    (tmp_path / "file").write_bytes(change((tmp_path / "file").read_bytes()))
    with pytest.raises(sg.GrammarError, match=message):
        sg.load(tmp_path / "file", vocabulary())


def test_other_code(tmp_path: Path) -> None:
    saved("lark", tmp_path / "file")
    data = (tmp_path / "file").read_bytes()
    at = data.index(b'"code": "') + 9
    changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    (tmp_path / "file").write_bytes(signed(changed))
    with pytest.raises(sg.GrammarError, match="another version of structgen"):
        sg.load(tmp_path / "file", vocabulary())


def test_another_vocabulary(tmp_path: Path) -> None:
    saved("lark", tmp_path / "file")
    for tokens, ends in ((TOKENS[::-1], [0]), (TOKENS, [])):
        with pytest.raises(sg.VocabularyError, match="another vocabulary"):
            sg.load(tmp_path / "file", sg.Vocabulary(tokens, eos_token_ids=ends))


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    class Own:
        def start(self, network: Any) -> int:
            return int(network.literal(b"x", 0))

    for grammar in (Own(), sg.json_schema({"examples": (2, 3)})):
        with pytest.raises(sg.GrammarError, match="cannot be saved"):
            sg.compile(grammar, vocabulary()).save(tmp_path / "file")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["schema", "lark", "copies"])
def test_hostile_tables(name: str, tmp_path: Path) -> None:
    """With any number changed, tables are refused or at least read without leaving them."""
    saved(name, tmp_path / "file")
    data = (tmp_path / "file").read_bytes()
    size = int.from_bytes(data[HEAD + 32 : HEAD + 40], "little")
    lengths = json.loads(data[HEAD + 40 : HEAD + 40 + size])["lengths"]
    begin = HEAD + 40 + size
    assert list(lengths) == list(WIDTHS)
    chance = random.Random(7)
    shared = vocabulary()
    row = sg.allocate_bitmask(1, len(TOKENS))[0]
    refused = 0
    for _ in range(150):
        table = chance.choice([each for each in WIDTHS if lengths[each] and each != "rows"])
        values = np.frombuffer(data[begin:], "<i4").copy()
        at = 0
        for each, width in WIDTHS.items():
            if each == table:
                break
            at += lengths[each] * (width if each != "rows" else (len(TOKENS) + 31) // 32)
        at += chance.randrange(lengths[table] * WIDTHS[table])
        values[at] = chance.choice(
            [-1, 0, 5, 12, values[at] + 1, 300, 1 << 20, -(1 << 31), 1 << 30]
        )
        (tmp_path / "file").write_bytes(signed(data[:begin] + values.tobytes()))
        try:
            matcher = sg.load(tmp_path / "file", shared).matcher()
            for byte in CASES[name][1]:
                matcher.fill_bitmask(row)
                if not matcher.accept_token(byte):
                    break
        except sg.StructgenError:
            refused += 1
    assert refused > 50


def test_large_sets_of_places_are_kept_as_they_are(tmp_path: Path) -> None:
    """Where a name may end is thousands of places: what goes on from them is in the file, too."""
    path = next(p for p in package_files("llama_models", "tokenizer.model") if "llama3" in str(p))
    grammar = sg.ebnf("""
        root ::= sum (" "? "," " "? sum)*
        sum ::= part (" "? [+*] " "? part)*
        part ::= name | "(" sum ")"
        name ::= [a-z_] [a-z0-9_]*
    """)

    def compiled() -> sg.CompiledGrammar:
        read = sg.Vocabulary.from_tiktoken(path, eos_token_ids=[128_001], size=128_256)
        return sg.compile(grammar, sg.Vocabulary(read.tokens, eos_token_ids=[128_001]))

    def rows(compiled: sg.CompiledGrammar) -> np.ndarray[Any, Any]:
        """The masks at several places."""
        texts = [b"", b"a", b"a +", b"(a, b", b"(a ", b"a * b"]
        texts = [text for text in texts if compiled.matcher().accept_bytes(text)]
        filled = sg.allocate_bitmask(len(texts), 128_256)
        for row, text in zip(filled, texts, strict=True):
            matcher = compiled.matcher()
            assert matcher.accept_bytes(text)
            matcher.fill_bitmask(row)
        return filled

    first = compiled()
    expected = rows(first)
    first.save(tmp_path / "saved")
    again = sg.load(tmp_path / "saved", compiled().vocabulary)
    assert len(expected) > 3 and np.array_equal(rows(again), expected)
    assert again.engine.counts()["walks"] == 0
