"""Keeps Python's garbage collector out of the way of keys, orders and heartbeats."""

import gc

GENERATIONS = (5_000, 10, 100)
"""New containers before a young collection, young ones before a middle one, middle ones before a full one.

Python's own (700, 10, 10) had a full collection every eight seconds of trading, 140 to 250 ms of the loop each, and a
middle one every second, up to 13 ms (measured): the widgets, style sheets and modules of a start are most of the heap.
"""


def start() -> None:
    """Collects nothing while the program is read in and built up: next to nothing of it is garbage."""
    gc.disable()


def settle() -> None:
    """What is there now stays until the end and is looked at no more; from here on collections are few and small."""
    gc.freeze()
    gc.set_threshold(*GENERATIONS)
    gc.enable()
