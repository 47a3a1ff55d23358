"""How well signals and enforcement gaps find what the simulator planted: recall and precision, by kind.

Run: `python bench/signal_precision.py [SCALE [SEED [FIRST_MONTH LAST_MONTH]]]`. Prints one line a kind. Recall is the part
of the planted units, covered by the published definition, that was found; precision the part of the found ones that was
planted. Precision above what a real Registry would show is to be expected: simulated people err less than real ones.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datasets.library import load_library  # noqa: E402
from etl.simulator.simulate import simulate  # noqa: E402
from tests.datasets.registry.planted import Compared, gaps, signals  # noqa: E402
from tests.datasets.registry.world import World  # noqa: E402


def line(kind: str, compared: Compared) -> str:
    """One line of the table."""
    counts = f"{len(compared.planted):8} {len(compared.found):8} {len(compared.decoys):8}"
    return f"{kind:24} {counts} {compared.recall:8.1f} % {compared.precision:8.1f} %"


def main(scale: str = "0.005", seed: str = "1", first: str = "2026-03", last: str = "2026-08") -> None:
    """Simulate, find, compare."""
    with tempfile.TemporaryDirectory() as folder:
        extract = Path(folder) / "extract"
        simulate(float(scale), int(seed), (first, last), str(extract), library=load_library())
        world = World(extract)
        print(f"scale {scale}, seed {seed}, {first} to {last}")
        print(f"{'kind':24} {'planted':>8} {'found':>8} {'decoys':>8} {'recall':>10} {'precision':>10}")
        for kind, compared in signals(world).items():
            print(line(kind, compared))
        by_kind: dict[str, Compared] = {}
        for (kind, _), compared in sorted(gaps(world).items()):
            own = by_kind.setdefault(kind, Compared())
            own.planted |= compared.planted
            own.found |= compared.found
            own.decoys |= compared.decoys
        for kind, compared in by_kind.items():
            print(line(kind, compared))


if __name__ == "__main__":
    main(*sys.argv[1:])
