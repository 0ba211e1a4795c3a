"""The library is imported under its collection name, wherever the checkout lies."""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _collections() -> Path:
    configured = os.environ.get("ANSIBLE_COLLECTIONS_PATH", "").split(os.pathsep)[0]
    return Path(configured) if configured else ROOT / ".venv" / "collections"


sys.path.insert(0, str(_collections()))
