"""`python -m rehearsal up | down | status | env`."""

from __future__ import annotations

from rehearsal.cli import main

raise SystemExit(main())
