"""Runs the witnesses: suites of real Snowflake clients, judged on a sandbox that is served for each of them.

    python tests/witness.py WITNESSES [NAME ...] [--work DIR]

WITNESSES is the folder of the `witness_*` programs (not part of this project, nor are the suites they run);
WITNESS_MIRROR names a folder of git copies of the suites, and each program's README says which. A program whose
suite is missing says so and counts as not measured. What a witness printed is in DIR/<name>.txt.
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAMES = ("schemachange", "snowcli", "dbt", "snowddl", "connector", "sqlalchemy")
PATIENCE = 60.0


def main() -> int:
    """Run the named witnesses one after another; their last lines are the summary."""
    options = _options()
    results = [_witness(options.witnesses, name, options.work) for name in options.names or NAMES]
    print("\n" + "\n".join(results))
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("witnesses", type=Path, help="the folder of the witness_* programs")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which: {', '.join(NAMES)}")
    parser.add_argument("--work", type=Path, default=Path(".snowmaker/witness"), help="a folder for what they write")
    options = parser.parse_args()
    if not options.witnesses.is_dir():
        parser.error(f"no folder {options.witnesses}: name the one that holds the witness_* programs")
    if unknown := set(options.names).difference(NAMES):
        parser.error(f"no such witness: {', '.join(sorted(unknown))}")
    options.work.mkdir(parents=True, exist_ok=True)
    return options


def _witness(programs: Path, name: str, work: Path) -> str:
    """Serve a fresh account, run one witness on it, and give its last line."""
    print(f"== {name}", flush=True)
    with _served(work / f"{name}-server.log") as port, (work / f"{name}.txt").open("w") as log:
        command = [sys.executable, str(programs / f"witness_{name}"), str(port), str(work)]
        running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        last = f"{name}: not measured"
        for line in running.stdout or ():
            print(line, end="", flush=True)
            log.write(line)
            last = line.strip() or last
        running.wait()
    return last


@contextmanager
def _served(log_file: Path) -> Iterator[int]:
    """A fresh sandbox in a process of its own. Gives its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    command = [sys.executable, "-m", "snowmaker", "sandbox", "serve", "--port", str(port), "--memory"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("SNOWFLAKE_", "SNOWMAKER_"))}
    with log_file.open("w") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, env=environment)
        try:
            _await(server, port)
            yield port
        finally:
            server.terminate()
            server.wait(30)


def _await(server: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and server.poll() is None:
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise SystemExit(f"the sandbox does not listen on port {port}")


if __name__ == "__main__":
    sys.exit(main())
