"""Sums a report of cargo-tarpaulin by room, prints the lines that no test runs, and fails below the bound."""

import json
import sys
from pathlib import Path

ROOMS = ["src/wal", "src/event", "src/views/fold"]
AT_LEAST = 95.0


def main(report: str) -> int:
    root = Path(__file__).resolve().parents[2]
    files = json.loads(Path(report).read_text())["files"]
    failed = False
    for room in ROOMS:
        run, lines = 0, 0
        for file in files:
            path = Path(*file["path"]).relative_to(root)
            if not path.is_relative_to(room):
                continue
            run += file["covered"]
            lines += file["coverable"]
            missed = [trace["line"] for trace in file["traces"] if not trace["stats"]["Line"]]
            if missed:
                print(f"  {path}: {', '.join(map(str, missed))}")
        share = 100 * run / lines
        print(f"{room}: {run} of {lines} lines are run, {share:.1f} %")
        failed |= share < AT_LEAST
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
