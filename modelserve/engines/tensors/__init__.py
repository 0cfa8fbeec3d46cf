"""Supporters made of tensors: any seq2seq or causal checkpoint of transformers, in the variants of the paper (§6.2)."""
