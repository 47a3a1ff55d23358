"""What the innocent page notices of attacks on `/data/`: p95 under attack over p95 when idle.

Run: `python bench/sql_attack.py`. Prints one line an attack; ratios, so that machines can be compared.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "sql")]

from attack import ATTACKS, COPIES, Hits, Target, attack, probed, served, tiny_server  # noqa: E402
from sql_release import RELEASE_ID, build  # noqa: E402

SECONDS = 6.0


def hit(target: Target, sql: str, results: list[Hits]) -> None:
    """Attack, and keep what was answered."""
    results.append(attack(target, sql, SECONDS))


def main() -> None:
    """Build a release, serve it, attack it."""
    with tempfile.TemporaryDirectory() as folder:
        database = build(Path(folder) / "release.db")
        with served(tiny_server(database, RELEASE_ID)) as target:
            probed(target, lambda: time.sleep(1))
            idle = probed(target, lambda: time.sleep(SECONDS))
            print(f"idle: page p95 {idle.p95 * 1000:.1f} ms, {len(idle.failures)} failures")
            for name, sql in ATTACKS.items():
                results: list[Hits] = []
                probe = probed(target, partial(hit, target, sql, results))
                hits = results[0]
                codes = ", ".join(f"{code} {count}" for code, count in Counter(c for _, c, _ in hits.answers).items())
                print(
                    f"{name}, {COPIES} at once: page p95 {probe.p95 * 1000:.1f} ms = {probe.p95 / idle.p95:.1f} x idle, "
                    f"worst {max(probe.latencies) * 1000:.0f} ms, {len(probe.failures)} of {len(probe.latencies)} failed; "
                    f"attack: slowest answer {hits.slowest:.2f} s; {codes}"
                )


if __name__ == "__main__":
    main()
