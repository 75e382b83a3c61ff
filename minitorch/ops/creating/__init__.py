"""Tensors from nothing: from data, filled, in ranges, at random."""
