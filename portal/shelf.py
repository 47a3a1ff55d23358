"""Ready answers, kept in memory up to a number of bytes; the one not asked for longest goes first."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass


@dataclass(frozen=True)
class ReadyAnswer:
    """A body and its headers."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


class Shelf:
    """Answers by key. Nothing is ever wrong on it, as the key names the release; things only get old."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._answers: OrderedDict[str, ReadyAnswer] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: str) -> ReadyAnswer | None:
        """The answer of this key, if it is still there."""
        with self._lock:
            if key not in self._answers:
                return None
            self._answers.move_to_end(key)
            return self._answers[key]

    def put(self, key: str, answer: ReadyAnswer) -> None:
        """Keep an answer; one larger than the shelf is not kept."""
        with self._lock:
            if len(answer.body) > self._most_bytes or key in self._answers:
                return
            self._answers[key] = answer
            self._bytes += len(answer.body)
            while self._bytes > self._most_bytes:
                _, oldest = self._answers.popitem(last=False)
                self._bytes -= len(oldest.body)
