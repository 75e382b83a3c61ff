"""``minitorch.linalg``: the operators of linear algebra under their present names, as in ``torch.linalg``.

Nothing is computed here; to read an operator go to its family. Many have an older name in the package itself
(``minitorch.inverse`` is ``linalg.inv``), some of them with other results (``minitorch.svd`` gives V, ``linalg.svd``
V^H).

PyTorch: ``torch/linalg/__init__.py``. Left out: ``ldl_factor`` and ``ldl_solve``.
"""

from __future__ import annotations

from typing import Any

from minitorch.ops.linear_algebra.cholesky import cholesky as cholesky
from minitorch.ops.linear_algebra.cholesky import cholesky_ex as cholesky_ex
from minitorch.ops.linear_algebra.determinant import det as det
from minitorch.ops.linear_algebra.determinant import slogdet as slogdet
from minitorch.ops.linear_algebra.eigen import eig as eig
from minitorch.ops.linear_algebra.eigen import eigh as eigh
from minitorch.ops.linear_algebra.eigen import eigvals as eigvals
from minitorch.ops.linear_algebra.eigen import eigvalsh as eigvalsh
from minitorch.ops.linear_algebra.householder import householder_product as householder_product
from minitorch.ops.linear_algebra.lu import lu as lu
from minitorch.ops.linear_algebra.lu import lu_factor as lu_factor
from minitorch.ops.linear_algebra.lu import lu_factor_ex as lu_factor_ex
from minitorch.ops.linear_algebra.lu import lu_solve as lu_solve
from minitorch.ops.linear_algebra.matmul import matmul as matmul
from minitorch.ops.linear_algebra.matrix_arguments import LinAlgError as LinAlgError
from minitorch.ops.linear_algebra.matrix_functions import matrix_exp as matrix_exp
from minitorch.ops.linear_algebra.matrix_functions import matrix_power as matrix_power
from minitorch.ops.linear_algebra.matrix_norms import cond as cond
from minitorch.ops.linear_algebra.matrix_norms import matrix_norm as matrix_norm
from minitorch.ops.linear_algebra.matrix_norms import norm as norm
from minitorch.ops.linear_algebra.pseudo_inverse import lstsq as lstsq
from minitorch.ops.linear_algebra.pseudo_inverse import matrix_rank as matrix_rank
from minitorch.ops.linear_algebra.pseudo_inverse import pinv as pinv
from minitorch.ops.linear_algebra.qr import qr as qr
from minitorch.ops.linear_algebra.solving import inv as inv
from minitorch.ops.linear_algebra.solving import inv_ex as inv_ex
from minitorch.ops.linear_algebra.solving import solve as solve
from minitorch.ops.linear_algebra.solving import solve_ex as solve_ex
from minitorch.ops.linear_algebra.solving import solve_triangular as solve_triangular
from minitorch.ops.linear_algebra.solving import tensorinv as tensorinv
from minitorch.ops.linear_algebra.solving import tensorsolve as tensorsolve
from minitorch.ops.linear_algebra.svd import svd as svd
from minitorch.ops.linear_algebra.svd import svdvals as svdvals
from minitorch.ops.linear_algebra.vector_products import cross as cross
from minitorch.ops.linear_algebra.vector_products import multi_dot as multi_dot
from minitorch.ops.linear_algebra.vector_products import vander as vander
from minitorch.ops.linear_algebra.vector_products import vecdot as vecdot
from minitorch.ops.reductions.norms import vector_norm as vector_norm
from minitorch.ops.shapes.parts import diagonal as _diagonal


def diagonal(A: Any, *, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Any:
    """The diagonal of the matrices in two dimensions, by default the last two, as a view."""
    return _diagonal(A, offset, dim1, dim2)
