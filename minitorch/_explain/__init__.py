"""What stands behind a tensor, told in text: ``minitorch.explain``. Start with ``explanation.py``."""

from minitorch._explain.explanation import Explanation as Explanation
from minitorch._explain.explanation import explain as explain
