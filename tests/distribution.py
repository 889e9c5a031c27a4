"""The order of the tests, and which process runs which of their files under pytest-xdist."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

# From both ends towards the middle: folders with servers of their own and long files first, short files last.
_FOLDERS = ("journeys", "api", "grpc_services", "architecture", "runtime", "stack", "migrations", "proofs", "workers")


_AT_THE_END = "test_chaos.py"  # of its folder: it hurts the stack that the others use


def place(item: pytest.Item) -> tuple[int, bool]:
    """Where a test stands in the order; a folder that the order does not know stands in the middle."""
    path = PurePath(item.nodeid.partition("::")[0])
    folder = path.parts[1]
    return _FOLDERS.index(folder if folder in _FOLDERS else "grpc_services"), path.name == _AT_THE_END


class FromBothEnds(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist brings no types
    """The first process takes files from the front of the list, every other one from its back, until they meet.

    Files beside each other share the servers of their folder, which one process so starts once. Left to itself
    pytest-xdist gives out files by how many tests they have: then the servers of folders come and go with every
    file, and the longest tests, which have few others beside them, come last.
    """

    def __init__(self, config: pytest.Config, log: Producer | None = None) -> None:
        super().__init__(config, log)
        config.option.loadscopereorder = False

    def _assign_work_unit(self, node: WorkerController) -> None:
        if node is not self.nodes[0]:
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)
