"""The folder `platform/` must never hide the standard library's module of that name."""

from __future__ import annotations

import platform
import sysconfig
from pathlib import Path


def test_platform_is_still_the_standard_librarys() -> None:
    assert platform.python_version()
    assert Path(platform.__file__).is_relative_to(sysconfig.get_paths()["stdlib"])


def test_platform_folder_is_a_source_root_and_no_package() -> None:
    root = Path(__file__).resolve().parents[2] / "platform"
    assert not (root / "__init__.py").exists()
    assert not (root / "celery.py").exists()
