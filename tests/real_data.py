"""Real ESConv files, where the environment says that they are there. Their texts are never quoted in a test."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import pytest


def real_file(name: str) -> Path:
    """That file in the folder named by ESCONV_DATA; without the folder the test says that it was not run, and why."""
    if not (folder := os.environ.get("ESCONV_DATA")):
        reason = f"not run: set ESCONV_DATA to the folder with the real ESConv files to read {name} (see the README)"
        warnings.warn(reason, stacklevel=2)
        pytest.skip(reason)
    return Path(folder) / name
