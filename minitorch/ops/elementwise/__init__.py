"""Operators on each element by itself: arithmetic, comparisons, functions of one and two numbers."""
