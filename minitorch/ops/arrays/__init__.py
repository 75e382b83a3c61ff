"""Arithmetic on plain arrays: what the operators compute, with no Tensor, no graph and no promotion.

Every function takes the array module first (`xp`: NumPy, or CuPy for a GPU) and arrays after it, so that each can be
read, tested and timed alone. Shapes and arguments have been checked by the operator that calls. PyTorch draws the same
line: `aten/src/ATen/native/cpu/*Kernel.cpp` computes, `aten/src/ATen/native/*.cpp` checks and dispatches.
"""
