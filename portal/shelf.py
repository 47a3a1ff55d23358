"""The store of ready answers: kept in memory up to a number of bytes; the one not asked for longest goes first.

A backend of Flask-Caching, whose own backend in memory counts answers and not bytes.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from flask import Flask
from flask_caching.backends.base import BaseCache

#: What an answer takes besides its body: key, headers, the objects around them. Measured: about 2 kB.
_OVERHEAD = 2_000


@dataclass(frozen=True)
class ReadyAnswer:
    """A body and its headers."""

    body: bytes
    headers: tuple[tuple[str, str], ...]

    @property
    def size(self) -> int:
        """About as many bytes as it takes in memory."""
        return len(self.body) + _OVERHEAD


class Shelf(BaseCache):
    """Answers by key. Nothing is ever wrong on it, as the key names the release; things only get old."""

    def __init__(self, most_bytes: int) -> None:
        super().__init__(default_timeout=0)
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[str, ReadyAnswer] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def factory(cls, app: Flask, config: dict[str, Any], args: list[Any], kwargs: dict[str, Any]) -> Shelf:
        """The shelf of an application, as Flask-Caching asks for it."""
        return cls(config["CACHE_BYTES"])

    def get(self, key: str) -> ReadyAnswer | None:
        """The answer of this key, if it is still there."""
        with self._lock:
            if key not in self._answers:
                return None
            self._answers.move_to_end(key)
            return self._answers[key]

    def set(self, key: str, value: ReadyAnswer, timeout: object = None) -> bool:
        """Keep an answer; one larger than the shelf is not kept."""
        with self._lock:
            if value.size > self._most_bytes or key in self._answers:
                return False
            self._answers[key] = value
            self._bytes += value.size
            while self._bytes > self._most_bytes:
                _, oldest = self._answers.popitem(last=False)
                self._bytes -= oldest.size
            return True
