"""``explain`` tells the truth about where a tensor comes from: places are read back from the files they name."""

from __future__ import annotations

import linecache
import re

import pytest

import minitorch
from minitorch import explain
from minitorch.nn import functional as F


@pytest.fixture
def x():
    return minitorch.randn(2, 3, requires_grad=True)


def lines_named(text):
    """The lines of source that a text points to."""
    return [linecache.getline(path, int(line)) for path, line in re.findall(r"(\S+\.py):(\d+)", text)]


def test_the_call_shows_shapes_and_numbers(x):
    assert "softmax(input=float32 [2, 3], dim=" in str(explain(F.softmax(x * 1, dim=1)))
    assert "mul(input=float32 [2, 3], other=2.5)" in str(explain(x * 2.5))
    assert "cat(tensors=[float32 [2, 3], float32 [4, 3]], dim=0)" in str(explain(minitorch.cat([x, x.repeat(2, 1)])))


def test_what_the_graph_does_not_keep_is_a_question_mark(x):
    text = str(explain(x + 1))
    assert "add(input=float32 [2, 3], other=?)" in text and "the graph does not keep it" in text


def test_forward_and_derivatives_are_where_the_text_says(x):
    forward, of_input, of_other = lines_named(str(explain(x * x)))
    assert forward.startswith("@pointwise")
    assert (of_input, of_other) == ('@mul.derivative("input")\n', '@mul.derivative("other")\n')
    assert "grad * conj(other)" in str(explain(x * x))


def test_overwritten_saved_tensors_are_flagged(x):
    y = x.exp()
    node = y.grad_fn
    assert "OVERWRITTEN" not in str(explain(node))
    y.add_(1)
    text = str(explain(node))
    assert "version 0 when saved, 1 now  <- OVERWRITTEN" in text
    with pytest.raises(RuntimeError):
        y.sum().backward()


def test_freed_saved_tensors_are_said_to_be_freed(x):
    y = x.exp()
    y.sum().backward()
    assert "freed by backward()" in str(explain(y))


def test_leaves_say_where_their_gradient_is(x):
    assert "a leaf that requires grad" in str(explain(x)) and "now None" in str(explain(x))
    (x * 2).sum().backward()
    assert "now float32 [2, 3]" in str(explain(x))


def test_detached_tensors_name_who_shares_their_memory(x):
    y = x * 2
    text = str(explain(y.detach()))
    assert "outside of any graph" in text
    assert "shares its memory with 1 other tensor: float32 [2, 3], requires grad" in text
    assert "shares" not in str(explain(minitorch.ones(2)))


def test_integers_have_no_derivatives():
    assert "int64 has no derivatives" in str(explain(minitorch.arange(3)))


def test_inference_tensors_and_views_of_no_grad_say_so(x):
    with minitorch.inference_mode():
        made = x * 2
    assert "inference_mode" in str(explain(made))
    base = x * 1
    with minitorch.no_grad():
        view = base[0]
    assert "a view made under no_grad" in str(explain(view))


def test_a_view_gives_its_formula_and_base(x):
    text = str(explain((x * 1).t()[1:]))
    assert "a view of the float32 [2, 3] made by MulBackward0" in text
    assert "[i, j] is storage[1 + i*1 + j*3]" in text
    assert "stride 0 in dim 0" in str(explain(minitorch.ones(3).expand(2, 3)))


def test_a_written_base_and_its_views_say_how_their_history_came(x):
    base = x * 1
    first, second = base[0], base[:, 1]
    first.mul_(x[1])
    text = str(explain(base))
    assert "written in place through a view ([i] is storage[0 + i*1]) by MulBackward0" in text
    assert "mul(input=float32 [3], other=float32 [3]), in place on a view" in text
    assert "so a new one" in str(explain(second)) and "as_strided" in str(explain(second))


def test_a_view_whose_history_is_lost_is_explained_with_the_error(x):
    base = x * 1
    with minitorch.no_grad():
        view = base[0]
    base.mul_(2)
    with pytest.raises(RuntimeError) as raised:
        _ = view.grad_fn
    assert str(raised.value) in str(explain(view))


class Cube(minitorch.autograd.Function):
    """value ** 3."""

    @staticmethod
    def forward(ctx, value):
        ctx.save_for_backward(value)
        return value**3

    @staticmethod
    def backward(ctx, grad):
        return 3 * ctx.saved_tensors[0] ** 2 * grad


def test_a_function_of_the_user_is_explained_like_an_operator(x):
    text = str(explain(Cube.apply(x)))
    assert "Cube.apply(float32 [2, 3])" in text
    assert "saved_tensors[0]  float32 [2, 3]  version 0 when saved, 0 now" in text
    forward, backward = (linecache.getlines(__file__)[int(n)] for n in re.findall(r"test_explain\.py:(\d+)", text))
    assert "def forward" in forward and "def backward" in backward  # the lines behind the decorators
    assert "value ** 3." in str(explain(Cube))


def test_saved_tensors_that_hooks_packed_are_not_unpacked(x):
    def refuse(packed):
        raise AssertionError("explain must not run hooks")

    with minitorch.autograd.graph.saved_tensors_hooks(lambda tensor: "packed", refuse):
        y, z = x.exp(), Cube.apply(x)
    assert "packed by saved_tensors_hooks" in str(explain(y))
    assert "saved_tensors[0]  packed by saved_tensors_hooks" in str(explain(z))


def test_anomaly_mode_adds_the_line_of_the_call(x):
    with pytest.warns(UserWarning, match="Anomaly Detection"), minitorch.autograd.detect_anomaly():
        y = x.exp()
    assert "y = x.exp()" in str(explain(y)) and "test_explain.py" in str(explain(y))


@pytest.mark.parametrize(
    ("name", "compute"),
    [
        ("max", lambda x: x.max(1).values),
        ("unbind", lambda x: x.unbind(0)[1]),
        ("index", lambda x: x[minitorch.tensor([0, 1]), minitorch.tensor([1, 2])]),
        ("index_put", lambda x: x.clone().index_put_((minitorch.tensor([0]),), minitorch.ones(3))),
        ("where", lambda x: minitorch.where(x > 0, x, x * 2)),
        ("native_layer_norm", lambda x: F.layer_norm(x, (3,))),
        ("convolution", lambda x: F.conv1d(x[None], minitorch.ones(1, 2, 2, requires_grad=True))),
        ("std", lambda x: x.std()),
        ("copy_forward", lambda x: minitorch.zeros(2, 3).copy_(x)),
        ("view", lambda x: x.view(3, 2)),
        ("sort", lambda x: x.sort().values),
        ("bmm", lambda x: minitorch.bmm(x[None], x[None].mT)),
        ("pow", lambda x: x**2),
        ("stack", lambda x: minitorch.stack([x, x])),
        ("to_copy", lambda x: x.double()),
    ],
)
def test_any_operator_is_explained_and_drawn(x, name, compute):
    y = compute(x)
    text = str(explain(y, {"x": x}))
    assert f"{name}(" in text and y.grad_fn.name() in text and "leaf x" in text
    assert all(line.strip() for line in lines_named(text)), "a place that does not exist"
    assert y.grad_fn.name() in minitorch.viz.graph(y).svg


# ---- the graph as text ----------------------------------------------------------------------------------------------


def test_the_tree_names_leaves_and_refers_to_shared_nodes(x):
    w = minitorch.ones(3, requires_grad=True)
    shared = x * w
    text = str(explain(shared.exp().sum() + shared.sin().sum(), {"x": x, "w": w}))
    assert "other: leaf w float32 [3]" in text
    assert "Graph (8 nodes, 2 of them leaves)" in text
    assert text.count("MulBackward0 float32 [2, 3] (#1)") == 1 and "MulBackward0 (#1, above)" in text
    assert "|-- input: SumBackward0" in text and "`-- other: SumBackward0" in text


def test_names_come_from_a_module_too():
    model = minitorch.nn.Linear(2, 3)
    assert "leaf bias float32 [3]" in str(explain(model(minitorch.ones(1, 2)), model))
    with pytest.raises(TypeError, match="params must be"):
        explain(model.weight * 2, 3)


def test_a_chain_of_a_hundred_thousand_is_folded(x):
    w = minitorch.ones(3, requires_grad=True)
    y = x
    for _ in range(50_000):
        y = y * w + 1
    text = str(explain(y))
    assert "99,992 more in this chain: 49,996 AddBackward0, 49,996 MulBackward0" in text
    assert len(text.splitlines()) < 40


def test_nodes_limits_the_lines_and_none_shows_all(x):
    w = minitorch.ones(3, 3, requires_grad=True)
    y = x
    for _ in range(60):
        y = minitorch.tanh(x @ w + y @ w)
    assert "the graph has 242 nodes; nodes=None shows all" in str(explain(y, nodes=10))
    whole = str(explain(y, nodes=None))
    assert whole.count("TanhBackward0") == 1 + 60 and whole.count("MmBackward0") == 120
    with pytest.raises(TypeError, match="nodes"):
        explain(y, nodes=0)


# ---- functions ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "operator"),
    [
        (minitorch.exp, "ExpBackward0"),
        (minitorch.Tensor.mul, "MulBackward0"),
        (minitorch.Tensor.mul_, "MulBackward0"),
        (minitorch.Tensor.__add__, "AddBackward0"),
        (minitorch.Tensor.transpose, "TransposeBackward0"),
        (minitorch.Tensor.mT, "TransposeBackward0"),
        (minitorch.ones(2).cos, "CosBackward0"),
        (minitorch.softmax, "SoftmaxBackward0"),
        (minitorch.where, "WhereBackward0"),
        (F.linear, "AddmmBackward0"),
        (F.cross_entropy, "NllLossBackward0"),
        (minitorch.nn.Linear, "AddmmBackward0"),
        (minitorch.nn.Linear(2, 2), "AddmmBackward0"),
    ],
)
def test_a_function_leads_to_its_operator(function, operator):
    text = str(explain(function))
    assert operator in text
    assert any(line.startswith(("@", "def _where_forward")) for line in lines_named(text)), "no declaration is named"


def test_every_method_can_be_explained():
    for name in dir(minitorch.Tensor):
        member = getattr(minitorch.Tensor, name)
        if callable(member) or isinstance(member, property):
            assert str(explain(member))


@pytest.mark.parametrize("subject", [3, "exp", None, [1, 2]])
def test_anything_else_is_a_type_error(subject):
    with pytest.raises(TypeError, match="must be a Tensor, a node"):
        explain(subject)


def test_it_shows_itself_in_consoles_and_notebooks(x):
    explanation = explain(x < 1)
    assert repr(explanation) == str(explanation) == explanation.text
    assert explanation._repr_html_().startswith("<pre") and "&lt;" not in explanation._repr_html_()
    assert explanation.text.isascii()
