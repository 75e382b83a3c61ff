"""The examples of the documents: a Python block, and behind it a text block with what it prints.

The blocks of a document are one program: each goes on where the one before it ended. ``python tests/documents.py FILE``
runs them and writes what they print now into the file.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
import warnings
from pathlib import Path

ROOT = Path(__file__).parent.parent
OURS, THEIRS = "import minitorch as torch", "import torch"
_EXAMPLE = re.compile(r"```python\n(.*?)```(?:\s*?\n```text\n(.*?)```)?", re.DOTALL)


def examples(path):
    """``(source, shown)`` for each Python block; ``shown`` is "" where no text block follows at once."""
    return [(match[1], match[2] or "") for match in _EXAMPLE.finditer((ROOT / path).read_text())]


def printed(sources):
    """What each of the sources prints, run one after the other with the same names."""
    names = {"__name__": "__main__"}
    outputs = []
    for number, source in enumerate(sources, 1):
        caught = io.StringIO()
        with contextlib.redirect_stdout(caught), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            exec(compile(source, f"<example {number}>", "exec"), names)
        outputs.append(caught.getvalue())
    return outputs


def only_ours(source):
    """Whether an example is about what PyTorch has not."""
    return "explain(" in source or "viz." in source


def without_lines(text):
    """``path.py:?`` for ``path.py:123``: lines move when someone edits the file."""
    return re.sub(r"\.py:\d+ *", ".py:? ", text)


def refresh(path):
    """Write into a document what its examples print."""
    text = Path(path).read_text()
    outputs = iter(printed([match[1] for match in _EXAMPLE.finditer(text)]))

    def renewed(match):
        output = next(outputs)
        return f"```python\n{match[1]}```" + (f"\n\n```text\n{output}```" if output else "")

    Path(path).write_text(_EXAMPLE.sub(renewed, text))


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    for name in sys.argv[1:]:
        refresh(name)
