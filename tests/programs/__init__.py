"""Random programs, written as Python text and run in PyTorch and in minitorch, with everything compared.

A *writer* makes one statement of source text after another. It runs each in PyTorch to know what there is to write
about next; the same text then runs in minitorch, and after every statement the two are compared: values, dtype, shape,
strides, offset, contiguity, version, leaf and view flags, bases, sharing of storage, ``grad_fn``, gradients, and the
type of the exception if there was one.

Statements come in classes, one file each: ``views``, ``inplace``, ``indexing``, ``promotion``, ``backward``. To look
for differences by hand, with failing programs printed shortened:

    python tests/programs/find.py views 0 1000
"""
