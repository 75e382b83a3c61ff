"""Tests for `minitorch/core/pending.py`: what `z.conj()` shares, reads and writes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from compare import check
from engines import same, same_error

import minitorch

Z = np.array([[1 + 2j, 3j, -1], [2, 1j, 4 - 1j]])


def facts(tensor: Any) -> Any:
    """What a view with something pending says of itself."""
    return [
        tensor.is_conj(), tensor.is_neg(), tensor._is_view(), tuple(tensor.stride()), tensor.storage_offset(),
        tensor.tolist(), tensor._version,
    ]  # fmt: skip


VIEWS = [
    "z.conj()", "z.conj().conj()", "z.conj().t()", "z.t().conj()", "z.conj()[0]", "z.conj()[:, 1:]", "z.mH", "z.H",
    "z.adjoint()", "z.conj().real", "z.conj().imag", "z.conj().imag.t()", "z.conj().view(-1)", "z.conj().unsqueeze(0)",
    "z.conj().expand(2, 2, 3)", "z.conj().detach()", "z.conj().data", "z.conj().unbind()[1]", "z.conj().contiguous()",
    "z.conj().clone()", "z.conj().resolve_conj()", "z.conj().imag.resolve_neg()", "z.conj().to(torch.complex64)",
    "z.conj() * 1", "z.conj().abs()", "z.conj().conj_physical()", "z.real.conj()", "z.conj().imag.conj()",
    "z.conj().as_strided((2,), (3,), 1)", "torch.empty_like(z.conj()).zero_()", "torch.cat([z.conj(), z])",
]  # fmt: skip


@pytest.mark.parametrize("source", VIEWS)
def test_a_view_with_something_pending_is_what_it_is_in_pytorch(source: str) -> None:
    same(lambda torch: facts(eval(source, {"torch": torch, "z": torch.tensor(Z.tolist())})))


WRITES = [
    "w.mul_(2j)", "w.add_(1)", "w[0] = 1j", "w[:, 1].fill_(3)", "w.zero_()", "w.copy_(z * 2)", "w.t().mul_(1j)",
    "w.imag.fill_(5)", "w.imag.mul_(2)", "w.real.add_(1)", "w[torch.tensor([1])] = 1j", "w.masked_fill_(w.real > 0, 9)",
    "torch.add(z, 1j, out=w)", "w.index_add_(0, torch.tensor([0]), torch.ones(1, 3, dtype=z.dtype))", "w *= w",
    "z.mul_(1j)", "w.normal_(generator=torch.Generator().manual_seed(0))", "w.cumsum_(0)",
]  # fmt: skip


@pytest.mark.parametrize("source", WRITES)
def test_a_write_reaches_the_memory_conjugated(source: str) -> None:
    def program(torch: Any) -> Any:
        z = torch.tensor(Z.tolist())
        w = z.conj()
        exec(source, {"torch": torch, "z": z, "w": w})
        return [facts(z), facts(w)]

    same(program)


@pytest.mark.parametrize("source", ["w.mul_(w)", "w.imag.add_(1)", "w.fill_(2j)", "w.real.mul_(3)"])
def test_a_tensor_without_dimensions_is_written_too(source: str) -> None:
    def program(torch: Any) -> Any:
        z = torch.tensor(1 + 2j)
        w = z.conj()
        exec(source, {"torch": torch, "z": z, "w": w})
        return [facts(z), facts(w)]

    same(program)


def test_a_failed_write_leaves_nothing_behind() -> None:
    def program(torch: Any) -> Any:
        z = torch.tensor(Z.tolist())
        w = z.conj()
        with pytest.raises(RuntimeError):
            w.add_(torch.ones(5))
        z.mul_(2)
        return [facts(z), facts(w)]

    same(program)


@pytest.mark.parametrize(
    "source", ["z.conj()", "z.mH", "z.conj().imag", "z.conj().real", "z.conj() * z", "z.conj().abs()"]
)
def test_gradients_go_through_what_is_pending(source: str) -> None:
    check(lambda torch, z: eval(source, {"torch": torch, "z": z}), Z, second=True)


def test_a_write_into_a_tracked_conjugate_is_recorded() -> None:
    def program(torch: Any) -> Any:
        z, w = torch.tensor(Z.tolist()), torch.tensor(2.0, dtype=torch.float64, requires_grad=True)
        c, i = z.conj(), z.conj().imag
        z.mul_(w)
        assert c.grad_fn is not None and i.grad_fn is not None  # asked for, they are brought up to date
        c.mul_(w)
        assert i.grad_fn is not None
        i.mul_(2)
        z.abs().sum().backward()
        return [z, c, i, w.grad, c.grad_fn, i.grad_fn]

    same(program)


@pytest.mark.parametrize(
    "source",
    ["torch.view_as_real(z.conj())", "z.conj().numpy()", "z.conj().imag.numpy()", "z.conj().view(torch.float64)"],
)
def test_what_needs_the_memory_as_it_is_refuses(source: str) -> None:
    same_error(lambda torch: eval(source, {"torch": torch, "z": torch.tensor(Z.tolist())}))


def test_the_memory_is_shared_not_copied() -> None:
    z = minitorch.tensor(Z.tolist())
    assert z.conj().data_ptr() == z.data_ptr()
    assert z.conj().imag.data_ptr() == z.imag.data_ptr()
    assert z.conj()._base is z
    assert torch.tensor(Z.tolist()).conj()._is_view()
