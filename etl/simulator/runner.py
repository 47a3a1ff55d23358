"""Runs parts of months here or in other processes; what they write does not depend on it."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import pyarrow as pa

from datasets.fault import Fault, FaultError
from etl.simulator.calibration import Calibration
from etl.simulator.chunks import Done, Work
from etl.simulator.timeline import CALENDAR
from etl.simulator.world import make_world
from etl.simulator.writer import Target

#: Starts a part (number of the month, of the part) and gives a function that waits for it.
Run = Callable[[int, int], Callable[[], Done]]
#: Fewer persons than this are simulated sooner than another process starts.
_WORTH_A_PROCESS = 250_000


@dataclass(frozen=True)
class Settings:
    """What a simulation depends on."""

    calibration: Calibration
    scale: float
    seed: int
    target: Target


def make_work(settings: Settings) -> Work:
    """The model and the tools, ready for parts."""
    return Work(make_world(settings.calibration, settings.scale, settings.seed), settings.target)


def usual_processes(persons: int) -> int:
    """How many processes to work with when nobody has said."""
    return (os.cpu_count() or 1) if persons > _WORTH_A_PROCESS else 1


@contextmanager
def runner(settings: Settings, work: Work, processes: int) -> Iterator[Run]:
    """Starts parts at once in other processes, or with one process when they are waited for."""
    if processes <= 1:
        yield lambda month, part: lambda: work.part(CALENDAR[month], part)
        return
    # A fork would take over the threads' locks of Arrow in an unknown state.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, context, _start, (settings,)) as pool:
        futures: list[Future[Done]] = []

        def run(month: int, part: int) -> Callable[[], Done]:
            futures.append(pool.submit(_part, month, part))
            return partial(_wait, futures[-1])

        try:
            yield run
        except BaseException:
            for future in futures:
                future.cancel()
            raise


def _wait(future: Future[Done]) -> Done:
    try:
        return future.result()
    except BrokenProcessPool:
        message = "A process has ended before its work was done; most often memory was short."
        raise FaultError([Fault("command line", "--processes", message, "Work with fewer.")]) from None


_here: list[Work] = []


def _start(settings: Settings) -> None:
    pa.set_cpu_count(1)
    pa.set_io_thread_count(1)
    _here[:] = [make_work(settings)]


def _part(month: int, part: int) -> Done:
    return _here[0].part(CALENDAR[month], part)
