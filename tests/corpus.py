"""Sends the statements of Snowflake's documentation, as sqlfluff's and sqlglot's tests hold them, to a sandbox.

    python tests/corpus.py WITNESSES [--work DIR] [--broken]

WITNESSES is the folder of corpus_extract.py and corpus_run.py (not part of this project, nor are the statements).
WITNESS_MIRROR names a folder with git copies of sqlfluff/sqlfluff and tobymao/sqlglot, as `owner+name/repo`. Each
statement must run, be refused by name, or miss an object; with a stray `)` behind it none may run. What does not is
listed by cause, and the exit code is 1 where a statement got an internal error, or a broken one ran.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

SOURCES = {
    "sqlfluff": ("sqlfluff+sqlfluff", "test/fixtures/dialects/snowflake"),
    "sqlglot": ("tobymao+sqlglot", "tests/dialects/test_snowflake.py"),
    "sqlglot-select": ("tobymao+sqlglot", "tests/dialects/test_snowflake.py"),
}
# What Snowflake answers too: the statement is wrong, or wants what its corpus never makes.
RIGHT = re.compile(
    r"already exists|IF NOT EXISTS and OR REPLACE|Uncaught exception|is not assigned to the executing user|"
    r"Bind variable .* not set|Invalid predecessor|Invalid finalized root task|Invalid public key|PASSWORD on users|"
    r"policy is set on|Target lag must be|START_TIMESTAMP must be set|cannot be used together|Identity column|"
    r"cannot be used in top-level|Object found is of type|A recursive view wants|USING TEMPLATE wants|"
    r"invalid property '(A|X|GOOGLE_AUDIENCE)'|invalid value \[(METHOD1|MY METHOD|foo|xx|\$\{)"  # what stands for a value
)
Row = dict[str, Any]


def main() -> int:
    """Run all corpora, whole and broken; list what is wrong."""
    options = _options()
    corpora = [_extracted(options, name) for name in SOURCES]
    whole = _run(options, corpora, "whole")
    wrong = [row for row in whole if row["outcome"] in ("syntax", "other", "server failure")]
    wrong = [row for row in wrong if not RIGHT.search(row["message"])]
    _listed("neither run, nor refused by name, nor missing an object", wrong)
    ran = [row for row in _run(options, corpora, "broken", "--broken") if row["outcome"] == "ok"]
    _listed("run in spite of a stray )", ran)
    fatal = [row for row in whole if row["outcome"] == "server failure" or "000603" in row["message"]]
    return 1 if fatal or ran else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("witnesses", type=Path, help="the folder of corpus_extract.py and corpus_run.py")
    parser.add_argument("--work", type=Path, default=Path(".snowmaker/corpus"), help="a folder for what is written")
    options = parser.parse_args()
    if not (options.witnesses / "corpus_run.py").exists():
        parser.error(f"no corpus_run.py in {options.witnesses}")
    options.mirror = Path(os.environ.get("WITNESS_MIRROR", "/work/.mirror"))
    options.work.mkdir(parents=True, exist_ok=True)
    return options


def _extracted(options: argparse.Namespace, name: str) -> Path:
    """The statements of one corpus, as a file of JSON lines."""
    repository, path = SOURCES[name]
    clone = options.work / repository
    clone.mkdir(exist_ok=True)
    git = ["git", "--git-dir", str(options.mirror / repository / "repo"), "archive", "HEAD", path]
    archive = subprocess.run(git, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "x", "-C", str(clone)], check=True, input=archive)
    file: Path = options.work / f"{name}.jsonl"
    with file.open("w") as out:
        command = [sys.executable, str(options.witnesses / "corpus_extract.py"), name, str(clone)]
        subprocess.run(command, check=True, stdout=out, stderr=subprocess.DEVNULL)
    return file


def _run(options: argparse.Namespace, corpora: list[Path], name: str, *more: str) -> list[Row]:
    """The outcome of each statement, with its text."""
    out = options.work / f"{name}.out.jsonl"
    serve = f"{sys.executable} -m snowmaker sandbox serve --memory --port {{port}}"
    command = [sys.executable, str(options.witnesses / "corpus_run.py"), *map(str, corpora), str(_free_port())]
    command += ["--account", "sandbox", "--user", "ADMIN", "--password", "admin", "--start", serve, "--out", str(out)]
    log = options.work / f"{name}.txt"
    with log.open("w") as printed:
        subprocess.run([*command, *more], check=True, stdout=printed)
    print(f"== {name}")
    print("\n".join(log.read_text().splitlines()[-len(corpora) - 1 :]), flush=True)
    texts = [json.loads(line)["sql"] for corpus in corpora for line in corpus.read_text().splitlines()]
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    return [{**row, "sql": text} for row, text in zip(rows, texts, strict=True)]


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _listed(title: str, rows: list[Row]) -> None:
    """Print the statements by the commands they begin with, those with most first."""
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[" ".join(row["pattern"].split()[:3])].append(row)
    print(f"\n{len(rows)} {title}")
    for pattern, found in sorted(groups.items(), key=lambda item: -len(item[1])):
        print(f"\n{pattern}: {len(found)}")
        for row in found:
            print(f"  {' '.join(row['sql'].split())[:150]}\n    {row['message'][:150]}")


if __name__ == "__main__":
    sys.exit(main())
