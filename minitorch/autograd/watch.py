"""Who watches while operations are recorded: one flag for all of them.

Recording an operation runs a million times a second at best, so it can't ask one after the other whether tensors are
to be packed (``saved_tensors``), whether nodes are to remember their traceback (``anomaly_mode``), or whether somebody
wants to know before a tensor is written (``graph.allow_mutation_on_saved_tensors``). It reads ``watch.recording`` or
``watch.writes``, and only where that is true asks who it is.

The flags are for all threads: a false alarm costs a little time and nothing else. PyTorch keeps a thread-local state
for the hooks and a process-wide one for anomaly mode (``torch/csrc/autograd/anomaly_mode.h``).
"""

from __future__ import annotations

import threading


class Watch:
    """``recording``: how many watch what is recorded. ``writes``: how many watch what is written in place.
    ``detached``: whether ``detach_`` has ever been called on a tensor with a history: what has saved it must notice.
    ``anomaly``: whether nodes remember their traceback, and ``check_nan``: whether gradients are searched for nan.
    """

    __slots__ = ("recording", "writes", "detached", "anomaly", "check_nan", "_lock")

    def __init__(self) -> None:
        self.recording = self.writes = 0
        self.detached = False
        self.anomaly, self.check_nan = False, True
        self._lock = threading.Lock()

    def count(self, recording: int = 0, writes: int = 0) -> None:
        """One watcher more or less of each kind."""
        with self._lock:
            self.recording += recording
            self.writes += writes

    def set_anomaly(self, enabled: bool, check_nan: bool) -> None:
        """Switch anomaly mode, for all threads."""
        with self._lock:
            self.recording += enabled - self.anomaly
            self.anomaly, self.check_nan = enabled, check_nan


watch = Watch()
