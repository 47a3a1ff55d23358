"""The pool of SQL workers: the only way from the portal's process to visitor SQL."""

from __future__ import annotations

import atexit
import logging
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from portal.sql import faults
from portal.sql.exchange import SqlRequest, SqlResponse, version_of
from portal.sql.faults import SqlError
from portal.sql.limits import Limits
from portal.sql.line import Line
from portal.sql.nursery import Nursery, NurseryError, Worker
from portal.sql.wire import FrameError

log = logging.getLogger(__name__)
#: The live release and the one before it: requests that began before a switch still find their workers.
RELEASES_KEPT = 2


class SqlPool:
    """At most `limits.workers` processes; each is killed past its time and replaced at once."""

    def __init__(self, limits: Limits | None = None):
        self.limits = limits or Limits()
        self._line = Line(self.limits.workers, self.limits.waiting)
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._nurseries: OrderedDict[str, Nursery] = OrderedDict()
        self._idle: list[Worker] = []
        self._busy: set[Worker] = set()
        self._closed = False
        atexit.register(self.close)

    def warm(self, database: Path, release_id: str) -> None:
        """Start every worker of a release, so that its first visitor does not wait. Raises SqlError."""
        nursery = self._nursery(database, version_of(database, release_id))
        for _ in range(self.limits.workers - len(self.pids())):
            self._keep(self._hire(nursery))

    def ask(self, request: SqlRequest) -> SqlResponse:
        """Run one request in a worker.

        Raises SqlError: `busy` (503) when no place comes free, `query_time`, `query_memory`, `answer_too_large`,
        `bad_query` (400), `not_found` (404), `sql_unavailable` (503) when no worker can be started.
        """
        with self._line.place(request.client, self.limits.wait_seconds):
            worker = self._take(request)
            kept = False
            try:
                header, body = self._put(worker, request)
                kept = not header["tired"] and header["grown"] < self.limits.recycle_bytes
                return self._read(header, body)
            finally:
                self._give_back(worker, kept and worker.asked < self.limits.recycle_requests)

    def has(self, release_id: str) -> bool:
        """Whether workers of this release can be had without starting anything."""
        with self._lock:
            return any(key.split(" ")[0] == release_id and each.alive for key, each in self._nurseries.items())

    def pids(self) -> list[int]:
        """Process ids of the workers at hand."""
        with self._lock:
            return sorted(worker.pid for worker in [*self._idle, *self._busy])

    def close(self) -> None:
        """End every process of the pool. Further requests are refused as unavailable."""
        atexit.unregister(self.close)
        with self._lock:
            self._closed = True
            nurseries, idle = list(self._nurseries.values()), self._idle
            self._nurseries, self._idle = OrderedDict(), []
        for worker in idle:
            worker.leave()
        for nursery in nurseries:
            nursery.close()

    def _put(self, worker: Worker, request: SqlRequest) -> tuple[dict[str, Any], bytes]:
        question = {"path": request.path, "query": request.query}
        try:
            return worker.ask(question, self.limits.answer_bytes + 65_536, self.limits.kill_seconds)
        except TimeoutError:
            raise faults.too_long(self.limits.kill_seconds) from None
        except FrameError:
            log.warning("an SQL worker died and is replaced (path %s)", request.path)
            raise faults.too_much_memory() from None

    @staticmethod
    def _read(header: dict[str, Any], body: bytes) -> SqlResponse:
        if header["note"]:
            log.warning("the SQL face failed: %s", header["note"])
        fault = header["fault"]
        if isinstance(fault, dict):
            raise SqlError(fault["code"], int(fault["status"]), fault["message"], fault["remedy"])
        return SqlResponse(
            int(header["status"]), tuple((str(name), str(value)) for name, value in header["headers"]), body
        )

    def _take(self, request: SqlRequest) -> Worker:
        version = request.version
        with self._lock:
            for worker in self._idle:
                if worker.nursery.release_id == version and worker.nursery.alive:
                    self._idle.remove(worker)
                    self._busy.add(worker)
                    return worker
            spare = self._idle.pop() if len(self._idle) + len(self._busy) >= self.limits.workers else None
        if spare:
            spare.end()
        worker = self._hire(self._nursery(request.database, version))
        with self._lock:
            self._busy.add(worker)
        return worker

    def _give_back(self, worker: Worker, kept: bool) -> None:
        with self._lock:
            self._busy.discard(worker)
        if kept:
            self._keep(worker)
            return
        worker.end()
        if self._closed:
            return
        try:
            self._keep(self._hire(worker.nursery))
        except SqlError:
            log.warning("no replacement for an SQL worker yet; the next request starts one")

    def _keep(self, worker: Worker) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(worker)
                return
        worker.end()

    def _hire(self, nursery: Nursery) -> Worker:
        try:
            return nursery.hire()
        except NurseryError as error:
            log.error("%s", error)
            nursery.close()
            raise faults.unavailable() from None

    def _nursery(self, database: Path, release_id: str) -> Nursery:
        with self._starting:
            with self._lock:
                if self._closed:
                    raise faults.unavailable()
                nursery = self._nurseries.get(release_id)
            if nursery is None or not nursery.alive:
                nursery = self._start(database, release_id)
            return nursery

    def _start(self, database: Path, release_id: str) -> Nursery:
        try:
            nursery = Nursery(database, release_id, self.limits)
        except NurseryError as error:
            log.error("%s", error)
            raise faults.unavailable() from None
        with self._lock:
            self._nurseries[release_id] = nursery
            self._nurseries.move_to_end(release_id)
            old = [self._nurseries.popitem(last=False)[1] for _ in range(len(self._nurseries) - RELEASES_KEPT)]
            gone = [worker for worker in self._idle if worker.nursery in old or not worker.nursery.alive]
            self._idle = [worker for worker in self._idle if worker not in gone]
        for worker in gone:
            worker.leave()
        for nursery_of_old in old:
            nursery_of_old.close()
        return nursery
