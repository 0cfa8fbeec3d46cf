"""STEP 4: quality control — which conversations count, and why."""
