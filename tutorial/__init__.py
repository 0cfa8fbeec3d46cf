"""STEP 1: the supporter's gate — the strategies, and an examination on them."""
