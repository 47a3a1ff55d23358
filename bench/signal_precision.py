"""How well signals and enforcement gaps find what the simulator planted: recall and precision, by kind.

Run: `python bench/signal_precision.py [SCALE [SEEDS [FIRST_MONTH LAST_MONTH]]]`; several seeds are separated by commas
and counted together. Prints one line a kind. Recall is the part of the planted wrongs, covered by the published
definition, that was found; precision the part of the found units that was planted as wrong. The others found are innocent
look-alikes, so precision says how often the simulator plays them, not how often a real Registry would.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from datasets.library import load_library  # noqa: E402
from etl.simulator.simulate import simulate  # noqa: E402
from tests.datasets.registry.planted import Compared, gaps, signals  # noqa: E402
from tests.datasets.registry.world import World  # noqa: E402

COUNTS = ("planted", "found", "innocent", "decoys", "strangers")


def measured(scale: str, seed: str, first: str, last: str) -> Iterator[tuple[str, Compared]]:
    """What was planted and found in the world of one seed, by kind; a kind of gap comes once for each stop-factor."""
    with tempfile.TemporaryDirectory() as folder:
        extract = Path(folder) / "extract"
        simulate(float(scale), int(seed), (first, last), str(extract), library=load_library())
        world = World(extract)
        yield from signals(world).items()
        for (kind, _), compared in sorted(gaps(world).items()):
            yield kind, compared


def counted(compared: Compared) -> dict[str, int]:
    """How many units there are of each sort; strangers are found though neither planted nor look-alikes."""
    return {
        "planted": len(compared.planted),
        "found": len(compared.found),
        "innocent": len(compared.innocent & compared.found),
        "decoys": len(compared.decoys),
        "strangers": len(compared.found - compared.planted - compared.innocent),
        "hits": len(compared.planted & compared.found),
    }


def main(scale: str = "0.02", seeds: str = "1,2,3", first: str = "2026-03", last: str = "2026-08") -> None:
    """Simulate, find, compare."""
    sums: dict[str, dict[str, int]] = {}
    for seed in seeds.split(","):
        for kind, compared in measured(scale, seed, first, last):
            own = sums.setdefault(kind, {})
            for name, count in counted(compared).items():
                own[name] = own.get(name, 0) + count
    print(f"scale {scale}, seeds {seeds}, {first} to {last}")
    print(f"{'kind':24} " + " ".join(f"{name:>9}" for name in COUNTS) + f" {'recall':>9} {'precision':>9}")
    for kind, own in sums.items():
        recall, precision = 100 * own["hits"] / own["planted"], 100 * own["hits"] / own["found"]
        print(f"{kind:24} " + " ".join(f"{own[name]:9}" for name in COUNTS) + f" {recall:7.1f} % {precision:7.1f} %")


if __name__ == "__main__":
    main(*sys.argv[1:])
