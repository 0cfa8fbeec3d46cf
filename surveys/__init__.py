"""STEP 3: questionnaires as data, before a conversation and after it."""
