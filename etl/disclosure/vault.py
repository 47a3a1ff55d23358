"""The vault: what only the operator may have, and must never lose. The ledger, the salt of noise, the privacy budget."""

from __future__ import annotations

import secrets
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from etl.protect.budget import Budget
from etl.protect.ledger import Ledger
from etl.store.durable import make_folder, write_durably

_SALT_BYTES = 32


class Vault:
    """The private things of one `series` of extracts, below the operator's work folder `store`; made when needed."""

    def __init__(self, store: Path, series: str) -> None:
        self._store, self.series = store, series

    @cached_property
    def ledger(self) -> Ledger:
        """What earlier releases have shown and hidden."""
        return Ledger(self._folder("ledger"))

    @cached_property
    def salt(self) -> bytes:
        """What record keys are mixed with: another salt would give other noise for what is published already."""
        file = self._folder("noise") / "salt"
        if not file.exists():
            # In one step: half a salt would be taken for one, and noise with it could be guessed.
            make_folder(file.parent, 0o700)
            write_durably(file, secrets.token_bytes(_SALT_BYTES), 0o600)
        return file.read_bytes()

    def budget(self, total: Decimal) -> Budget:
        """What was spent on differential privacy, of `total` for each period of a dataset.

        The operator makes the folder by hand once: a lost one must not be taken for a new one (BudgetError).
        """
        return Budget(self._folder("budget"), total)

    def _folder(self, name: str) -> Path:
        return self._store / name / self.series
