"""Language models as the decoding loop sees them: tokens in, logits out."""
