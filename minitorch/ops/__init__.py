"""Floor 3, the mirror of ATen: every operator, its forward and its derivative side by side, a file a family.

``declare/`` is how an operator is declared; read ``declare/operator.py`` before the families.
"""
