"""The command line, as a user runs it."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import structgen as sg
from structgen.cli import main
from structgen.decoding import generator as generators
from tests import fakes
from tests.decoding.speculation.small_models import small_generator

SCHEMA = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "born": {"type": "integer"}},
    "required": ["name"],
    "additionalProperties": False,
}
FILES = {
    "schema.json": json.dumps(SCHEMA).encode(),
    "broken.json": b'{"type": ',
    "latin.json": b'{"const": "\xe9"}',
    "deep.json": b"[" * 100_000,
    "unknown.json": b'{"type": "objekt"}',
    "nothing.json": b'{"type": "string", "minLength": 2, "maxLength": 1}',
    "unsupported.json": rb'{"pattern": "(a|b)\\1"}',
    "odd_format.json": b'{"type": "string", "format": "horoscope"}',
    "good.json": b'{"born" : 1815, "name": "Ada"}\n',
    "sum.lark": b'start: NUMBER ("+" NUMBER)*\nNUMBER: /[0-9]+/\n%ignore " "\n',
    "sum.ebnf": b"root ::= [0-9]+ ('+' [0-9]+)*",
    "sum.gbnf": b'root ::= [0-9]+ ("+" [0-9]+)*',
    "broken.gbnf": b'root ::= "a" | rot\nroot2 ::= "b"\n',
    "latin.lark": b'start: "\xe9"',
    "rubbish.gguf": b"GGUF\x00\x01",
    "tokenizer.json": b'{"model": 3}',
    "ranks.tiktoken": b"YQ== 0\nYg== 1\nYWI= 2\n",
    "bad_ranks.tiktoken": b"YQ== 0\nYg==\n",
}

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Run the command in a folder that has FILES; its exit code, output and errors."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["structgen", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        output = capsys.readouterr()
        code = ended.value.code
        return (code if isinstance(code, int) else 0), output.out, output.err

    return run


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generators, "default_generator", fakes.generator)


def test_version_and_help(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lambda name: f"of {name}")
    assert run("--version") == (0, "structgen of structgen\n", "")
    for arguments in ([], ["--help"]):
        code, out, err = run(*arguments)
        assert code == 0 and "generate" in out and "warmup" in out and err == ""


# --- validate -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"name": "Ada"}', None),
        ('\t{ "born":1815 ,\r\n "name" :"" }\n\n', None),
        (
            '{\n  "name": 3}',
            ':2:11: this cannot come here\n    "name": 3}\n            ^\nexpected space, \'"\'',
        ),
        ('{"name": "Ada"', ":1:15: the text ends too soon\n"),
        ('{"name": "é', ":1:12: the text ends too soon\n"),
        ("", ":1:1: the text ends too soon\n  \n  ^\n"),
        ('{"né": 1}', ":1:4: this cannot come here\n  {\"né\": 1}\n     ^\nexpected 'a'"),
        ('{"name": "日本", "x": 1}', '  {"name": "日本", "x": 1}\n' + " " * 20 + "^\n"),
        ('{"name": "Ada"} tail', ":1:17: this cannot come here\n"),
        ("\ufeff{}", ":1:1: this cannot come here\n"),
    ],
)
def test_validate(run: Run, tmp_path: Path, text: str, expected: str | None) -> None:
    (tmp_path / "text.json").write_text(text, newline="")
    code, out, err = run("validate", "--schema", "schema.json", "text.json")
    assert err == ""
    if expected is None:
        assert (code, out) == (0, "text.json: valid\n")
    else:
        assert code == 1
        assert expected in out


def test_validate_reads_members_in_any_order_unless_told(run: Run) -> None:
    arguments = ("validate", "--schema", "schema.json", "good.json")
    assert run(*arguments)[0] == 0
    assert run(*arguments, "--property-order", "schema")[0] == 1


def test_validate_with_a_pattern(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text").write_text("abb\n")
    assert run("validate", "--regex", "ab+", "text") == (0, "text: valid\n", "")
    assert run("validate", "--regex", "ab", "text")[0] == 1


@pytest.mark.parametrize("grammar", ["sum.lark", "sum.ebnf", "sum.gbnf"])
def test_validate_with_a_grammar(run: Run, tmp_path: Path, grammar: str) -> None:
    (tmp_path / "text").write_text("1+22\n")
    assert run("validate", "--grammar", grammar, "text") == (0, "text: valid\n", "")
    (tmp_path / "text").write_text("1+2+x+3\n")
    code, output, _ = run("validate", "--grammar", grammar, "text")
    assert code == 1
    assert output.splitlines()[:3] == ["text:1:5: this cannot come here", "  1+2+x+3", "      ^"]
    expected = "NUMBER" if grammar.endswith(".lark") else "[0-9]"
    assert output.splitlines()[3] == f"expected {expected}"


def test_an_error_in_a_grammar_is_shown_in_its_line(run: Run) -> None:
    code, output, errors = run("validate", "--grammar", "broken.gbnf", "good.json")
    assert (code, output) == (2, "")
    assert errors.splitlines() == [
        "structgen: Line 1, column 16: 'rot' is not defined: did you mean 'root'?",
        '  root ::= "a" | rot',
        "                 ^^^",
    ]


def test_a_long_line_is_shown_around_the_place(run: Run, tmp_path: Path) -> None:
    (tmp_path / "text.json").write_text(json.dumps({"name": "x" * 500, "wrong": 1}))
    code, out, _ = run("validate", "--schema", "schema.json", "text.json")
    _, shown, marks, _ = out.splitlines()
    assert code == 1
    assert len(shown) < 90
    assert shown[marks.index("^") :].startswith("wrong")
    assert marks.strip() == "^^^^^"


# --- mask ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "parts"),
    [
        (
            ["--schema", "schema.json", '{"na'],
            ["of 49152 tokens may", "may not end here", "The only way on is 'me\":'", "'me'"],
        ),
        (["--regex", "a+b?", "a"], ["The text may end here (end-of-sequence: 2)", "'b'"]),
        (
            ["--regex", "ab|ba", "--tokenizer", "ranks.tiktoken"],
            ["3 of 3 tokens may", "'a'", "'b'", "'ba'"],
        ),
        (
            ["--regex", "a", "a", "--tokenizer", "ranks.tiktoken"],
            ["0 of 3 tokens may", "the file names none"],
        ),
    ],
)
def test_mask(run: Run, arguments: list[str], parts: list[str]) -> None:
    code, out, err = run("mask", *arguments)
    assert (code, err) == (0, "")
    for part in parts:
        assert part in out


# --- generate -----------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [[], ["--stream"]])
@pytest.mark.parametrize("forward", [[], ["--no-fast-forward"]])
def test_generate(run: Run, model: None, stream: list[str], forward: list[str]) -> None:
    schema = '{"enum": ["yes", "no", {"name": [true, 12]}]}'
    Path("enum.json").write_text(schema)
    code, out, err = run("generate", "--schema", "enum.json", "why?", *stream, *forward)
    assert (code, err) == (0, "")
    assert json.loads(out) in json.loads(schema)["enum"]


def test_generate_is_repeatable(run: Run, model: None) -> None:
    arguments = ["generate", "--regex", "[a-z]{30}", "x", "--temperature", "1", "--seed"]
    assert run(*arguments, "5") == run(*arguments, "5")
    assert run(*arguments, "5") != run(*arguments, "6")


def test_generate_at_the_limit(run: Run, model: None) -> None:
    arguments = ["generate", "--regex", "[a-z]{9}", "x", "--max-new-tokens", "3"]
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert "not complete after 3 tokens" in err
    code, out, _ = run(*arguments, "--at-limit", "complete")
    assert code == 0
    assert len(out.strip()) == 9


def test_the_model_is_missing(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> sg.Generator:
        raise sg.GenerationError("The default model is in a package that is not installed")

    monkeypatch.setattr(generators, "default_generator", missing)
    code, _, err = run("generate", "--regex", "a", "x")
    assert (code, err) == (
        2,
        "structgen: The default model is in a package that is not installed\n",
    )


def test_warmup(run: Run, model: None) -> None:
    code, out, err = run("warmup")
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "kernels",
        "tokenizer",
        "default model",
    ]
    code, out, _ = run("warmup", "--tokenizer", "ranks.tiktoken")
    assert code == 0
    assert len(out.splitlines()) == 2


def test_train_heads(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRUCTGEN_CACHE", str(tmp_path / "cache"))
    made = small_generator(max_position_embeddings=1024)
    monkeypatch.setattr(generators, "default_generator", lambda: made)
    folder = tmp_path / "schemas"
    folder.mkdir()
    for number in range(40):
        schema = {"type": "array", "items": {"enum": ["ab", "12"]}, "title": str(number)}
        (folder / f"{number}.json").write_text(json.dumps({**schema, "minItems": 2}))
    code, out, err = run("train-heads", "--data", str(folder), "--tokens", "200")
    assert (code, err) == (0, "")
    assert "medusa" in out and "hydra" in out and str(tmp_path / "cache") in out
    code, _, err = run("train-heads", "--data", str(tmp_path / "nowhere"))
    assert code == 2 and "nowhere" in err


# --- Errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["mask", "x"], "say one of --schema FILE, --regex PATTERN and --grammar"),
        (["mask", "--schema", "schema.json", "--regex", "a"], "say one of"),
        (["mask", "--regex", "(", "x"], "Malformed regular expression"),
        (["mask", "--regex", "ab", "ax"], "after 'a' the text cannot go on with 'x': expected 'b'"),
        (["mask", "--regex", "a", "\udcc3"], "the text is not UTF-8 text"),
        (["mask", "--regex", "\udcc3"], "the pattern is not UTF-8 text"),
        (["mask", "--schema", "absent.json"], "absent.json: No such file or directory"),
        (["mask", "--schema", "."], ".: Is a directory"),
        (["mask", "--schema", "broken.json"], "broken.json is not JSON: line 1, column 10"),
        (["mask", "--schema", "latin.json"], "latin.json is not UTF-8 text"),
        (["mask", "--schema", "deep.json"], "deep.json"),
        (["mask", "--schema", "unknown.json"], "'type' must be"),
        (["mask", "--schema", "nothing.json"], "(at the root)"),
        (["mask", "--schema", "unsupported.json"], "back-reference"),
        (["mask", "--regex", "a", "--tokenizer", "absent.txt"], "absent.txt: No such file"),
        (["mask", "--regex", "a", "--tokenizer", "."], "Cannot read a tokenizer from ."),
        (["mask", "--regex", "a", "--tokenizer", "/"], "The folder / has no tokenizer.json"),
        (["mask", "--regex", "a", "--tokenizer", "rubbish.gguf"], "rubbish.gguf"),
        (["mask", "--regex", "a", "--tokenizer", "tokenizer.json"], "tokenizer.json"),
        (["mask", "--regex", "a", "--tokenizer", "latin.json"], "latin.json"),
        (["mask", "--regex", "a", "--tokenizer", "bad_ranks.tiktoken"], "line 2: expected"),
        (["validate", "--schema", "schema.json", "absent.txt"], "absent.txt: No such file"),
        (["validate", "--schema", "schema.json", "latin.json"], "not UTF-8 text: see byte 11"),
        (["validate", "--schema", "schema.json"], "Missing argument 'file'"),
        (["validate", "--property-order", "some", "x"], "'some'"),
        (["generate", "x"], "say one of"),
        (["mask", "--grammar", "good.json"], "the suffix of a grammar is .lark, .ebnf or .gbnf"),
        (["mask", "--grammar", "latin.lark"], "latin.lark is not UTF-8 text"),
        (["generate", "--regex", "a", "--max-new-tokens", "0", "x"], "--max-new-tokens"),
        (["generate", "--regex", "a", "--temperature", "-1", "x"], "--temperature"),
        (["generate", "--regex", "a", "--at-limit", "stop", "x"], "'stop'"),
        (["nonsense"], "No such command 'nonsense'"),
        (["mask", "--nonsense"], "--nonsense"),
    ],
    ids=lambda value: (
        " ".join(value).encode(errors="replace").decode() if isinstance(value, list) else ""
    ),
)
def test_an_error_is_one_sentence(run: Run, arguments: list[str], sentence: str) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert sentence in err
    assert err.startswith("structgen: ") and err.count("\n") == 1


def test_what_does_not_constrain_is_told(run: Run) -> None:
    code, _, err = run("mask", "--schema", "odd_format.json")
    assert code == 0
    assert err.startswith("structgen: warning: ") and "horoscope" in err


@pytest.mark.parametrize(
    ("text", "options", "expected"),
    [
        ("12 + x", [], "f:1:6: this cannot come here\n  12 + x\n       ^\nexpected NUMBER\n"),
        ("12 +\n", [], "f:1:5: the text ends too soon\n  12 +\n      ^\nexpected NUMBER\n"),
        ("1 + 2 = 3", [], '  1 + 2 = 3\n        ^\nexpected "+", or the end\n'),
        ("1 + 2 = 3", ["--lexer", "basic"], '\nexpected "+", or the end\n'),
        ("1 + 22x", [], "f:1:5: this cannot come here\n  1 + 22x\n      ^^^\nexpected NUMBER\n"),
    ],
)
def test_validate_says_what_a_grammar_expects(
    run: Run, tmp_path: Path, text: str, options: list[str], expected: str
) -> None:
    (tmp_path / "f").write_text(text)
    code, out, err = run("validate", "--grammar", "sum.lark", *options, "f")
    assert code == 1 and expected in out and err == ""


def test_a_lexer_is_for_lark(run: Run) -> None:
    for given in (["--grammar", "sum.ebnf"], ["--schema", "schema.json"]):
        code, _, err = run("validate", *given, "--lexer", "basic", "good.json")
        assert code == 2 and "--lexer is for a --grammar whose suffix is .lark" in err


# --- sample and explain -------------------------------------------------------------------------


def test_sample(run: Run) -> None:
    code, out, err = run("sample", "schema.json", "-n", "4", "--seed", "3")
    assert (code, err) == (0, "")
    values = [json.loads(line) for line in out.splitlines()]
    assert len(values) == 4
    assert all(isinstance(value["name"], str) for value in values)
    assert run("sample", "schema.json", "-n", "4", "--seed", "3")[1] == out
    assert run("sample", "schema.json")[0] == 0
    assert run("sample", "nothing.json")[0] == 2


def test_sample_of_a_grammar(run: Run) -> None:
    for given in (["--grammar", "sum.lark"], ["--grammar", "sum.lark", "--lexer", "basic"]):
        code, out, _ = run("sample", *given, "-n", "5", "--seed", "3")
        assert code == 0 and len(out.splitlines()) == 5
        for text in out.splitlines():
            assert all(part.strip().isdigit() for part in text.split("+"))
    assert run("sample", "--regex", "a{3}") == (0, "aaa\n", "")
    assert run("sample")[0] == 2


def test_explain(run: Run) -> None:
    code, out, err = run("explain", "schema.json")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "object",
        "  name (required): string",
        "  born: integer",
        "  other members: nothing",
        "",
        'Shortest instance: {"name":""}',
    ]


@pytest.mark.parametrize(
    ("file", "code", "expected"),
    [
        ("odd_format.json", 0, "\nWithout effect:\n  /format names 'horoscope', which is not"),
        ("nothing.json", 0, "Nothing satisfies the schema"),
        ("unknown.json", 2, "'type' must be"),
        ("missing.json", 2, "missing.json"),
    ],
)
def test_explain_tells_what_is_odd(run: Run, file: str, code: int, expected: str) -> None:
    actual, out, err = run("explain", file)
    assert actual == code
    assert expected in out + err


# --- bench --------------------------------------------------------------------------------------


def test_bench_speculation(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    logits = torch.arange(fakes.VOCABULARY.size) % 7 * 1.0
    monkeypatch.setattr(generators, "default_generator", lambda: fakes.tree_generator(logits)[0])
    Path("data").mkdir()
    for number in range(2):
        case = {"schema": {"enum": ["name", number]}, "tests": []}
        Path(f"data/case{number}.json").write_text(json.dumps(case))
    arguments = ["bench", "speculation", "--data", "data", "--mode", "greedy", "--output", "out"]
    code, out, err = run(*arguments)
    assert (code, err) == (0, "")
    assert "**greedy**: 2 schemas" in out and out == Path("out/table.md").read_text()
    raw = Path("out/raw.jsonl").read_text()
    assert run(*arguments) == (0, out, "")  # everything is there already
    assert Path("out/raw.jsonl").read_text() == raw


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--mode", "hopeful"], "there is no mode 'hopeful'"),
        (["--plus", "oracle"], "There is no drafter 'oracle'"),
        (["--beside", "oracle"], "there is no engine 'oracle'"),
        (["--data", "nowhere"], "nowhere"),
    ],
)
def test_bench_speculation_cannot_begin(
    run: Run, model: None, arguments: list[str], sentence: str
) -> None:
    code, out, err = run("bench", "speculation", *arguments)
    assert (code, out) == (2, "") and sentence in err


def test_warming_up_reaches_every_kernel() -> None:
    """In a process of its own: here other tests have compiled what they need."""
    program = """
import re
from pathlib import Path
import structgen
from structgen.automaton import kernels
from structgen.cli.measuring import compile_kernels
compile_kernels()
folder = Path(structgen.__file__).parent
sources = [path for path in folder.rglob("*.py") if path.parent.name != "kernels"]
asked = {name for path in sources for name in re.findall(r"\\bk\\.([a-z_]\\w*)", path.read_text())}
assert "fill" in asked
unmet = (n for n in asked if not getattr(getattr(kernels, n, None), "signatures", True))
print(*sorted(unmet))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == ""
