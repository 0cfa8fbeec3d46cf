"""STEP 2: the lobby, the conversation and its feedback; everything live."""
