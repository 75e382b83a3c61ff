"""The commonest mistakes: the message begins with PyTorch's words, and goes on to what was found and the usual fix."""

from __future__ import annotations

import warnings

import pytest
import torch
from test_wrong_calls import INPUTS

import minitorch

# A call, and what the message must name besides PyTorch's words.
MESSAGES = [
    ("x + m", "[2, 3]", "[3, 4]", "unsqueeze"),
    ("x * torch.ones(2)", "[2, 3]", "[2]", "unsqueeze"),
    ("x.add_(m)", "[2, 3]", "[3, 4]", "last dimension"),
    ("x == m", "[2, 3]", "[3, 4]"),
    ("torch.where(b, x, m)", "[2, 3]", "[3, 4]"),
    ("x @ x", "2x3", "3 columns", ".t()"),
    ("torch.mm(x, x)", "2x3", "2 rows", ".t()"),
    ("torch.nn.Linear(3, 2)(m)", "3x4", "in_features"),
    ("torch.nn.functional.linear(x, m)", "2x3", "4x3"),
    ("x @ n.t()", "float", "long", ".to(torch.float32)"),
    ("torch.nn.Linear(3, 2)(n)", "Long", "Float", ".to("),
    ("x.view(4)", "[4]", "6", "-1"),
    ("x.view(5, -1)", "[5, -1]", "6"),
    ("x.reshape(4)", "[4]", "multiply"),
    ("x.t().view(6)", ".reshape(", "[6]", "[3, 2]", "[1, 3]"),
    ("x.expand(4, 3)", "[4, 3]", "[2, 3]"),
    ("g.add_(1)", "add_", "[2, 3]", "no_grad()"),
    ("g.zero_()", "zero_", "[2, 3]", "no_grad()"),
    ("g[0].mul_(2)", "mul_", "[3]", "no_grad()"),
    ("e.add_(1)", "clone()", "add_"),
    ("w = y.exp(); w.add_(1); w.sum().backward()", "version 1", "clone()"),
    ("w = y * y; y.add_(1); w.sum().backward()", "Add", "clone()"),
    ("w = y.exp().sum(); w.backward(); w.backward()", "retain_graph=True"),
    ("y.backward()", "[2, 3]", ".sum()", "gradient="),
    ("x.sum().backward()", "requires_grad_()"),
    ("torch.autograd.grad(y.sum(), x)", "requires_grad_()"),
    ("torch.autograd.grad(y.sum(), torch.zeros(2, requires_grad=True))", "allow_unused=True"),
    ("y.backward(v)", "[3]", "[2, 3]"),
    ("x[v]", "torch.float32", ".long()"),
    ("x.gather(0, x)", "torch.float32", ".long()"),
    ("x.index_select(0, v)", "torch.float32", ".long()"),
    ("x.scatter(0, n % 2, d)", "torch.float64", ".to(torch.float32)"),
    ("torch.nn.functional.cross_entropy(x, v[:2])", "Float", ".long()"),
    ("torch.device('gpu')", "gpu", "'cuda:0'"),
    ("torch.zeros(2, device='cuda:x')", "cuda:x", "'cuda:0'"),
    ("g.numpy()", "detach()"),
    ("x.item()", "6", "tolist()"),
    ("bool(x)", ".any()"),
    ("n.add_(1.5)", "Float", "Long", "torch.float32"),
    ("n.div_(2)", "Float", "Long", "out of place"),
    ("torch.add(x, x, out=n)", "Float", "Long"),
    ("n.mean()", "Long", "float()"),
    ("torch.stack([x, v])", "[2, 3]", "[3]"),
    ("b - b", "logical_xor"),
    ("x.requires_grad_().numpy()", "detach()"),
    ("y.requires_grad_(False)", "detach()"),
    ("x[5]", "5", "0", "2"),
    ("x.sum(2)", "[-2, 1]", "2"),
]  # fmt: skip

# PyTorch's words are others here, or come with less.
OWN_WORDS = [
    ("n.requires_grad_()", "torch.int64", ".float()"),
    ("torch.tensor([1, 2], requires_grad=True)", "torch.int64", "1."),
    ("torch.cat([x, m])", "[2, 3]", "[3, 4]", "number 1"),
    ("torch.clamp(x, 1, x)", "min", "max", "torch.tensor"),
    ("x.sum(0, keepdim=1)", "sum()", "'keepdim'", "bool", "int"),
    ("torch.permute(x, 1, 0)", "permute()", "2 positional"),
    ("torch.zeros(10 ** 13)", "can't allocate memory", "40000000000000"),
    ("torch.einsum(3, x)", "einsum()", "'equation'", "str", "int"),
]


def message(engine, call):
    names = {"torch": engine}
    exec(INPUTS, names)
    with warnings.catch_warnings(), pytest.raises(Exception) as caught:
        warnings.simplefilter("ignore")
        exec(call, names)
    return type(caught.value).__name__, str(caught.value)


@pytest.mark.parametrize(("call", "words"), [(call, words) for call, *words in MESSAGES], ids=[m[0] for m in MESSAGES])
def test_a_message_begins_with_pytorchs_words_and_names_what_was_found_and_the_fix(call, words):
    (theirs, their_text), (ours, text) = message(torch, call), message(minitorch, call)
    assert ours == theirs
    assert text.startswith(their_text), f"{text!r}\ninstead of\n{their_text!r}"
    for word in words:
        assert word in text, f"{word!r} is not in {text!r}"


@pytest.mark.parametrize(
    ("call", "words"), [(call, words) for call, *words in OWN_WORDS], ids=[m[0] for m in OWN_WORDS]
)
def test_a_message_in_other_words_than_pytorchs_names_as_much(call, words):
    (theirs, _), (ours, text) = message(torch, call), message(minitorch, call)
    assert ours == theirs
    for word in words:
        assert word in text, f"{word!r} is not in {text!r}"
