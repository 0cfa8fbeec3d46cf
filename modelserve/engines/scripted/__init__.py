"""A supporter without weights: it listens for a few things and answers in lines that people wrote (lines.toml)."""
