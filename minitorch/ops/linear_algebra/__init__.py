"""Matrices: products, factorisations, solving, norms, functions of matrices."""
