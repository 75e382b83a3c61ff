"""Out of the engine: what Python and NumPy get from a tensor, held against PyTorch."""

from __future__ import annotations

import numpy as np
import pytest
from outcomes import check_outcome, programs

import minitorch

TO_PYTHON = programs(
    "torch, x, s, g",
    "len(x.untyped_storage())", "len(x)", "len(s)", "list(x)", "list(s)", "bool(s)", "bool(x)",
    "bool(torch.zeros(0))", "int(s)", "float(s)", "complex(s)", "int(x)", "float(x)", "int(torch.tensor(2.7))",
    "int(torch.tensor(-2.7))", "int(torch.tensor(float('nan')))", "int(torch.tensor(float('inf')))",
    "float(torch.tensor(1j))", "int(torch.tensor(1j))", "float(torch.tensor(1+0j))", "complex(torch.tensor(1j))",
    "[1, 2, 3][torch.tensor(1)]", "[1, 2, 3][torch.tensor([1])]", "[1, 2, 3][torch.tensor(1.)]",
    "[1, 2, 3][torch.tensor(True)]", "range(torch.tensor(3))", "format(s, '.3f')", "f'{s}'", "f'{s:>10}'",
    "format(x, '.2f')", "format(x, '')", "format(torch.tensor(3), '03d')", "format(torch.tensor(True), '')",
    "hash(x)==hash(x)", "hash(x)==id(x)", "x in [x]", "2. in x", "20. in x", "s in x", "'a' in x", "[1] in x",
    "x.item()", "s.item()", "torch.tensor([[3]]).item()", "torch.tensor(True).item()",
    "torch.tensor(1.5, dtype=torch.float16).item()", "torch.tensor(1.5, dtype=torch.bfloat16).item()",
    "torch.tensor(1+2j).item()", "torch.tensor(200, dtype=torch.uint8).item()", "x.tolist()", "s.tolist()",
    "torch.zeros(0).tolist()", "torch.zeros(2, 0).tolist()", "torch.tensor([True]).tolist()",
    "torch.ones(2, dtype=torch.bfloat16).tolist()", "x.numpy()", "g.numpy()", "g.numpy(force=True)",
    "g.detach().numpy()", "torch.ones(2, dtype=torch.bfloat16).numpy()", "torch.zeros(2, 3).t().numpy().strides",
    "torch.zeros(2).numpy().dtype", "np.asarray(x)", "np.array(x, dtype=np.int32)", "np.asarray(g)", "np.sin(x)",
    "np.add(x, 1)", "np.ones(6).reshape(2, 3)+x", "np.array([x, x]).shape", "x.__array__()",
    "x.__array__(np.int8)", "reversed(x)", "reversed(s)", "x.__len__()", "x.__contains__(2)", "'numel' in dir(x)",
    "x.apply_(lambda v:v+1)", "x.__bool__()",
)  # fmt: skip


@pytest.mark.parametrize("program", TO_PYTHON)
def test_python_and_numpy_get_what_they_get_from_pytorch(program):
    def on_a_fraction(torch, x, s, g):
        return program(torch, x.detach(), s.detach() + 2.5, g)

    check_outcome(on_a_fraction, (2, 3), (), (2,))


def test_numpy_shares_memory_with_the_tensor():
    tensor = minitorch.zeros(2, 3)
    tensor.t().numpy()[0, 1] = 5
    np.asarray(tensor)[0, 2] = 7
    assert tensor.tolist() == [[0, 0, 7], [5, 0, 0]]


def test_a_copy_for_numpy_shares_nothing():
    tensor = minitorch.zeros(3)
    np.array(tensor)[0] = 1
    np.array(tensor, dtype=np.float32, copy=True)[0] = 1
    assert tensor.tolist() == [0, 0, 0]


def test_iterating_gives_views():
    def program(torch, x):
        for row in x:
            row.add_(10)
        return x, [row._is_view() for row in x]

    check_outcome(program, (2, 3), grad=False)
