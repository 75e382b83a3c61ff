"""Where the time goes, the mirror of ``torch.profiler``. So far: counting launches.

    with minitorch.profiler.count_launches() as launches:
        optimizer.step()
    launches.total                 27
    launches.by_name["addcdiv"]    3
    print(launches.table())

``python -m minitorch.profiler optimizers`` counts the launches of a step in each of the three forms.
"""

from __future__ import annotations

from minitorch.profiler.launches import Launches as Launches
from minitorch.profiler.launches import count_launches as count_launches
