from __future__ import annotations

from tests.modelserve.training.conftest import one_thread, trained

__all__ = ["one_thread", "trained"]
