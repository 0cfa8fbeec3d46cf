"""A supporter behind HTTP: whatever speaks OpenAI's chat completions (vLLM, TGI, `transformers serve`)."""
