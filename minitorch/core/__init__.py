"""Floor 1, the mirror of PyTorch's ``c10``: what a tensor is made of, before anything computes.

Read in this order: ``dtypes`` and ``promotion``, ``device`` and ``backend``, ``storage``, ``geometry``,
``generator``. Nothing here knows about operators or gradients.
"""
