#!/bin/sh
# Breaks everything that can break under a hundred pairs (FAULT_PAIRS for another number), within ten minutes.
FAULTS=all exec timeout 600 .venv/bin/python -m pytest tests/faults
