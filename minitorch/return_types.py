"""Named tuples that operators with several results return: ``values, indices = x.max(0)``, ``x.sort().values``.

PyTorch generates them as ``torch.return_types.*`` (``torch/csrc/utils/structseq.cpp``); they print one field a line.
"""

from __future__ import annotations

from operator import itemgetter
from typing import Any


class ReturnType(tuple[Any, ...]):
    """A tuple whose items have names: the annotations of the subclass, in their order."""

    __slots__ = ()
    fields: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        cls.fields = tuple(cls.__annotations__)
        for place, name in enumerate(cls.fields):
            setattr(cls, name, property(itemgetter(place)))

    def __repr__(self) -> str:
        items = ",\n".join(f"{name}={value!r}" for name, value in zip(self.fields, self))
        return f"torch.return_types.{type(self).__name__}(\n{items})"


class max(ReturnType):  # noqa: N801
    """Largest values along a dimension, and where they are."""

    values: Any
    indices: Any


class min(ReturnType):  # noqa: N801
    """Smallest values along a dimension, and where they are."""

    values: Any
    indices: Any


class aminmax(ReturnType):  # noqa: N801
    """Smallest and largest values."""

    min: Any
    max: Any


class cummax(ReturnType):  # noqa: N801
    """Running maxima, and where they were met."""

    values: Any
    indices: Any


class cummin(ReturnType):  # noqa: N801
    """Running minima, and where they were met."""

    values: Any
    indices: Any


class sort(ReturnType):  # noqa: N801
    """Sorted values, and where they came from."""

    values: Any
    indices: Any


class topk(ReturnType):  # noqa: N801
    """The k largest (or smallest) values, and where they came from."""

    values: Any
    indices: Any


class kthvalue(ReturnType):  # noqa: N801
    """The k-th smallest values, and where they are."""

    values: Any
    indices: Any


class median(ReturnType):  # noqa: N801
    """Medians, and where they are."""

    values: Any
    indices: Any


class nanmedian(ReturnType):  # noqa: N801
    """Medians of what is not nan, and where they are."""

    values: Any
    indices: Any


class mode(ReturnType):  # noqa: N801
    """Most frequent values, and where the last of them is."""

    values: Any
    indices: Any


class frexp(ReturnType):  # noqa: N801
    """Mantissas and exponents."""

    mantissa: Any
    exponent: Any


class histogram(ReturnType):  # noqa: N801
    """Counts, and the edges of the bins."""

    hist: Any
    bin_edges: Any


class histogramdd(ReturnType):  # noqa: N801
    """Counts over a grid, and the edges of the bins of each dimension."""

    hist: Any
    bin_edges: Any


class linalg_slogdet(ReturnType):  # noqa: N801
    """Sign, and log of the absolute value, of a determinant."""

    sign: Any
    logabsdet: Any


class slogdet(ReturnType):  # noqa: N801
    """Sign, and log of the absolute value, of a determinant."""

    sign: Any
    logabsdet: Any


class linalg_inv_ex(ReturnType):  # noqa: N801
    """An inverse, and where the matrix turned out to be singular."""

    inverse: Any
    info: Any


class linalg_solve_ex(ReturnType):  # noqa: N801
    """A solution, and where the matrix turned out to be singular."""

    result: Any
    info: Any


class triangular_solve(ReturnType):  # noqa: N801
    """A solution, and a copy of the matrix."""

    solution: Any
    cloned_coefficient: Any


class linalg_cholesky_ex(ReturnType):  # noqa: N801
    """A Cholesky factor, and where the matrix turned out not to be positive-definite."""

    L: Any
    info: Any


class linalg_lu(ReturnType):  # noqa: N801
    """A permutation, a lower and an upper triangle."""

    P: Any
    L: Any
    U: Any


class lu_unpack(ReturnType):  # noqa: N801
    """A permutation, a lower and an upper triangle."""

    P: Any
    L: Any
    U: Any


class linalg_lu_factor(ReturnType):  # noqa: N801
    """Both triangles in one matrix, and the row swaps."""

    LU: Any
    pivots: Any


class linalg_lu_factor_ex(ReturnType):  # noqa: N801
    """Both triangles in one matrix, the row swaps, and where U has a zero."""

    LU: Any
    pivots: Any
    info: Any


class linalg_qr(ReturnType):  # noqa: N801
    """Orthonormal columns, and an upper triangle."""

    Q: Any
    R: Any


class qr(ReturnType):  # noqa: N801
    """Orthonormal columns, and an upper triangle."""

    Q: Any
    R: Any


class geqrf(ReturnType):  # noqa: N801
    """An upper triangle with reflectors below it, and their factors."""

    a: Any
    tau: Any


class linalg_eigh(ReturnType):  # noqa: N801
    """Eigenvalues and eigenvectors."""

    eigenvalues: Any
    eigenvectors: Any


class linalg_eig(ReturnType):  # noqa: N801
    """Eigenvalues and eigenvectors."""

    eigenvalues: Any
    eigenvectors: Any


class linalg_svd(ReturnType):  # noqa: N801
    """Left singular vectors, singular values, right singular vectors in rows."""

    U: Any
    S: Any
    Vh: Any


class svd(ReturnType):  # noqa: N801
    """Left singular vectors, singular values, right singular vectors in columns."""

    U: Any
    S: Any
    V: Any


class linalg_lstsq(ReturnType):  # noqa: N801
    """A least-squares solution, and what its driver reports."""

    solution: Any
    residuals: Any
    rank: Any
    singular_values: Any


class _lu_with_info(ReturnType):  # noqa: N801
    """Both triangles in one matrix, the row swaps, and where U has a zero."""

    LU: Any
    pivots: Any
    info: Any
