"""Pictures: the graph behind a tensor, and the storage beneath one, as SVG.

    minitorch.viz.graph(loss, model)      a box a node, leaves with their names
    minitorch.viz.storage(x, x.t())       a cell an element, and which cells each view reads

Both return a ``Picture``: a notebook shows it, ``picture.save("graph.svg")`` writes a file that any browser opens,
``picture.svg`` is the text. Nothing but Python is needed to draw one. PyTorch has no counterpart.

``svg.py`` writes elements, ``layout.py`` finds places for boxes and ways for lines, ``folding.py`` makes large graphs
small; ``graph.py`` and ``storage.py`` say what is to be seen.
"""

from __future__ import annotations

from minitorch.viz.graph import graph as graph
from minitorch.viz.storage import storage as storage
from minitorch.viz.svg import Picture as Picture
