"""Floor 3, the mirror of ATen: every operator, its forward and its derivative side by side, a file a family.

declare/         how an operator is declared; read declare/operator.py before the families
elementwise/     arithmetic, comparisons, functions of one and of two numbers
reductions/      sums, extremes, statistics, scans, sorting, searching
linear_algebra/  products, factorisations, solving, norms
shapes/          views, joining and splitting, copying, resizing
indices/         x[...], gather and scatter, masks
creating/        from data, filled, in ranges, at random
neural/          activations, losses, convolution, pooling, normalisation
arrays/          the arithmetic of some of them, on arrays alone
"""
