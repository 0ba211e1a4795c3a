"""``python -m rehearsal.aws --dir D --gateway-seconds N``: serve until SIGTERM."""

from __future__ import annotations

import argparse
import os
import signal
from pathlib import Path


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m rehearsal.aws", description="AWS on loopback.")
    parser.add_argument("--dir", type=Path, required=True, help="where aws.json is written")
    parser.add_argument(
        "--gateway-seconds", type=float, default=20, help="what an Azure gateway's 1190 s take; 0: all is instant"
    )
    options = parser.parse_args()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: os._exit(0))

    from rehearsal.aws import server

    options.dir.mkdir(parents=True, exist_ok=True)
    listening, _front = server.make(options.gateway_seconds, options.dir.resolve())
    server.announce(options.dir, listening.server_port)
    listening.serve_forever()


if __name__ == "__main__":
    main()
