"""``autograd.functional`` against PyTorch: products with Jacobians and Hessians, their shapes, options and errors."""

from __future__ import annotations

import itertools

import pytest
from compare import randn
from engines import outcome, same, same_error


def inputs_of(engine, *shapes, dtype="float64", grad=False):
    made = [engine.from_numpy(randn(*shape, seed=i)).to(getattr(engine, dtype)) for i, shape in enumerate(shapes)]
    return [tensor.requires_grad_(grad) for tensor in made]


TO_TENSORS = {
    "one to one": (lambda x: x.exp(), [(3,)], False),
    "one to a number": (lambda x: (x * x).sum(), [(2, 3)], False),
    "a number to one": (lambda x: x * x.new_tensor([1.0, 2.0, 3.0]), [()], False),
    "one to a tuple": (lambda x: (x.t() @ x, x.sin()), [(2, 3)], False),
    "a tuple to one": (lambda x, y: x @ y, [(2, 3), (3, 2)], True),
    "a tuple to a tuple": (lambda x, y: (x * y, (x * y).sum(1), y), [(2, 3), (3,)], True),
    "a tuple of one": (lambda x: (x * 2,), [(2,)], True),
    "one unused": (lambda x, y: x.exp(), [(2,), (3,)], True),
    "cut": (lambda x: x.detach() * 2, [(2,)], False),
    "one of two cut": (lambda x: (x.detach() * 2, x * 3), [(2,)], False),
}
TO_A_NUMBER = {
    "cubes": (lambda x: (x**3).sum(), [(3,)], False),
    "a matrix": (lambda x: (x @ x.t()).exp().sum(), [(2, 2)], False),
    "shape (1,)": (lambda x: (x**3).sum().reshape(1), [(3,)], False),
    "two": (lambda x, y: (x * x * y).sum(), [(3,), (3,)], True),
    "two shapes": (lambda x, y: ((x @ y) ** 2).sum(), [(2, 3), (3, 2)], True),
    "linear": (lambda x: (x * 2).sum(), [(3,)], False),
    "quadratic": (lambda x: (x * x).sum(), [(3,)], False),
    "one unused": (lambda x, y: (x**3).sum(), [(2,), (3,)], True),
    "one number": (lambda x: x**3, [()], False),
    "cut": (lambda x: x.detach().sum(), [(2,)], False),
}


def given(engine, case, grad=False):
    function, shapes, in_tuple = case
    tensors = inputs_of(engine, *shapes, grad=grad)
    return function, tuple(tensors) if in_tuple else tensors[0], tensors


def weights(engine, shapes, in_tuple):
    made = inputs_of(engine, *shapes)
    made = [tensor * 2 + 1 for tensor in made]
    return tuple(made) if in_tuple else made[0]


def attempt(call):
    """What the call gives, as numbers, or the type and text of what it raises."""
    try:
        return plain(call())
    except Exception as error:  # the type is what is being compared
        return [type(error).__name__, str(error)]


def plain(result):
    """The values, and whether they require grad: not the names of the nodes, which depend on how engines broadcast."""
    if isinstance(result, (tuple, list)):
        return [plain(part) for part in result]
    return {"values": result.detach(), "requires_grad": result.requires_grad}


def flat(result):
    return [item for part in result for item in flat(part)] if isinstance(result, (tuple, list)) else [result]


def with_gradients(engine, call, tensors):
    """A result, and the gradients of all of it with respect to the tensors."""
    try:
        result = call()
    except Exception as error:  # the type is what is being compared
        return [type(error).__name__, str(error)]
    roots = [t for t in flat(result) if isinstance(t, engine.Tensor) and t.requires_grad]
    if not roots:
        return plain(result)
    total = sum((root * (i + 1)).sum() for i, root in enumerate(roots))
    found = engine.autograd.grad(total, tensors, allow_unused=True)
    return plain(result), [g if g is None else g.tolist() for g in found]


OPTIONS = list(itertools.product([False, True], [False, True], [False, True]))


@pytest.mark.parametrize("name", TO_TENSORS)
@pytest.mark.parametrize(("create_graph", "strict", "grad"), OPTIONS)
def test_vjp_is_a_row_times_the_jacobian(name, create_graph, strict, grad):
    def program(engine):
        function, inputs, tensors = given(engine, TO_TENSORS[name], grad)
        outputs = function(*tensors)
        v = weights(engine, [t.shape for t in flat(outputs)], isinstance(outputs, tuple))
        call = lambda: engine.autograd.functional.vjp(function, inputs, v, create_graph, strict)
        return with_gradients(engine, call, tensors) if grad else attempt(call)

    same(program)


@pytest.mark.parametrize("name", TO_TENSORS)
@pytest.mark.parametrize(("create_graph", "strict", "grad"), OPTIONS)
def test_jvp_is_the_jacobian_times_a_column(name, create_graph, strict, grad):
    def program(engine):
        function, inputs, tensors = given(engine, TO_TENSORS[name], grad)
        v = weights(engine, [t.shape for t in tensors], isinstance(inputs, tuple))
        call = lambda: engine.autograd.functional.jvp(function, inputs, v, create_graph, strict)
        return with_gradients(engine, call, tensors) if grad else attempt(call)

    same(program)


@pytest.mark.parametrize("name", TO_TENSORS)
@pytest.mark.parametrize(("create_graph", "strict", "grad"), OPTIONS)
def test_a_jacobian_has_the_shape_of_output_and_input(name, create_graph, strict, grad):
    def program(engine):
        function, inputs, tensors = given(engine, TO_TENSORS[name], grad)
        call = lambda: engine.autograd.functional.jacobian(function, inputs, create_graph, strict)
        return with_gradients(engine, call, tensors) if grad else attempt(call)

    same(program)


@pytest.mark.parametrize("name", [name for name in TO_TENSORS if name != "cut"])
@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_a_vectorized_jacobian_is_the_same(name, strategy):
    def program(engine):
        function, inputs, _ = given(engine, TO_TENSORS[name])
        return engine.autograd.functional.jacobian(function, inputs, vectorize=True, strategy=strategy)

    same(program)


@pytest.mark.parametrize("name", TO_A_NUMBER)
@pytest.mark.parametrize("product", ["vhp", "hvp"])
@pytest.mark.parametrize(("create_graph", "strict", "grad"), OPTIONS)
def test_products_with_the_hessian(name, product, create_graph, strict, grad):
    def program(engine):
        function, inputs, tensors = given(engine, TO_A_NUMBER[name], grad)
        v = weights(engine, [t.shape for t in tensors], isinstance(inputs, tuple))
        call = lambda: getattr(engine.autograd.functional, product)(function, inputs, v, create_graph, strict)
        return with_gradients(engine, call, tensors) if grad else attempt(call)

    same(program)


@pytest.mark.parametrize("name", TO_A_NUMBER)
@pytest.mark.parametrize(("create_graph", "strict", "grad"), OPTIONS)
def test_a_hessian_is_the_jacobian_of_the_gradient(name, create_graph, strict, grad):
    def program(engine):
        function, inputs, tensors = given(engine, TO_A_NUMBER[name], grad)
        call = lambda: engine.autograd.functional.hessian(function, inputs, create_graph, strict)
        return with_gradients(engine, call, tensors) if grad else attempt(call)

    same(program)


@pytest.mark.parametrize("name", ["cubes", "a matrix", "two", "two shapes", "one unused", "one number"])
@pytest.mark.parametrize("strategy", ["reverse-mode", "forward-mode"])
def test_a_vectorized_hessian_is_the_same(name, strategy):
    def program(engine):
        function, inputs, _ = given(engine, TO_A_NUMBER[name])
        found = engine.autograd.functional.hessian(function, inputs, vectorize=True, outer_jacobian_strategy=strategy)
        return [tensor.detach() for tensor in flat(found)]

    same(program)


@pytest.mark.parametrize("function", ["vjp", "jvp", "vhp", "hvp"])
def test_a_single_number_needs_no_vector(function):
    def program(engine):
        x = engine.tensor([2.0])
        return getattr(engine.autograd.functional, function)(lambda x: x**3, x)

    same(program)


@pytest.mark.parametrize("mode", ["no_grad", "enable_grad", "inference_mode"])
@pytest.mark.parametrize("function", ["vjp", "jvp", "vhp", "hvp", "jacobian", "hessian"])
def test_results_do_not_depend_on_the_grad_mode_outside(mode, function):
    def program(engine):
        x = engine.ones(3, dtype=engine.float64)
        v = () if function in ("jacobian", "hessian") else (engine.ones((), dtype=engine.float64),)
        v = (x,) if function in ("jvp", "vhp", "hvp") else v
        with getattr(engine, mode)():
            result = outcome(lambda: getattr(engine.autograd.functional, function)(lambda x: (x**3).sum(), x, *v))
        return [result if isinstance(result, str) else t.tolist() for t in flat(result)]

    if mode != "inference_mode":
        same(program)


def test_complex_inputs():
    def program(engine):
        x = engine.tensor([1.0 + 2j, 3 - 1j], dtype=engine.complex128)
        functional = engine.autograd.functional
        return (
            functional.vjp(lambda x: x * x.conj(), x, x),
            functional.jvp(lambda x: x * x, x, x),
            functional.jacobian(lambda x: x.abs(), x),
        )

    same(program)


def test_the_inputs_are_left_as_they_were():
    def program(engine):
        x = engine.ones(3, requires_grad=True)
        seen = []
        engine.autograd.functional.jacobian(lambda t: seen.append((t is x, t.is_leaf, t.requires_grad)) or t * 2, x)
        return seen, x.grad, x.requires_grad

    same(program)


WRONG = [
    ("vjp", lambda x: x * 2, "x", []),
    ("vjp", lambda x: (x.sum(), x.sum()), "x", []),
    ("vjp", lambda x: x * 2, "x", ["short"]),
    ("vjp", lambda x: x * 2, "x", ["pair"]),
    ("vjp", lambda x: (x * 2, x), "x", ["pair of wrong"]),
    ("vjp", lambda x: (x * 2, x), "x", ["x"]),
    ("vjp", lambda x: x * 2, "x", ["text"]),
    ("vjp", lambda x: 3, "x", ["x"]),
    ("vjp", lambda x: [x], "x", ["x"]),
    ("vjp", lambda x: (x, 3), "x", ["x"]),
    ("vjp", lambda x: x, "text", []),
    ("vjp", lambda x: x, "list", []),
    ("vjp", lambda x, y: x, "pair with a number", []),
    ("vjp", lambda x: x.nope, "x", []),
    ("vjp", lambda x: x, "integers", ["integers"]),
    ("jvp", lambda x: x * 2, "x", []),
    ("jvp", lambda x, y: x * 2, "pair", ["x"]),
    ("jvp", lambda x: x * 2, "x", ["short"]),
    ("jvp", lambda x: 3, "x", ["x"]),
    ("jacobian", lambda x: 3, "x", []),
    ("jacobian", lambda x: x[:0], "x", []),
    ("jacobian", lambda x: x, "none", []),
    ("vhp", lambda x: x * 2, "x", ["x"]),
    ("vhp", lambda x: (x.sum(),), "x", ["x"]),
    ("vhp", lambda x: x.sum(), "x", []),
    ("hvp", lambda x: x * 2, "x", ["x"]),
    ("hvp", lambda x: (x.sum(), x.sum()), "x", ["x"]),
    ("hvp", lambda x: x.sum(), "x", ["short"]),
    ("hessian", lambda x: x * 2, "x", []),
    ("hessian", lambda x: (x.sum(),), "x", []),
    ("hessian", lambda x: 3, "x", []),
    ("hessian", lambda x: x.sum(), "text", []),
]


@pytest.mark.parametrize("case", range(len(WRONG)))
def test_wrong_calls_raise_the_same(case):
    name, function, inputs, rest = WRONG[case]

    def program(engine):
        x = engine.ones(3)
        values = {
            "x": x, "text": "text", "list": [x], "none": None, "pair": (x, x), "pair with a number": (x, 3),
            "short": engine.ones(2), "pair of wrong": (x, engine.ones(2)), "integers": engine.ones(3).long(),
        }  # fmt: skip
        getattr(engine.autograd.functional, name)(function, values[inputs], *[values[each] for each in rest])

    message = same_error(program)
    if case not in (13, 14):
        theirs = same_error(program, match=message.replace("minitorch", "torch")[:20])
        assert theirs == message


@pytest.mark.parametrize(
    "options",
    [
        {"strategy": "sideways"}, {"strategy": "forward-mode"}, {"strategy": "forward-mode", "create_graph": True},
        {"strategy": "forward-mode", "strict": True, "vectorize": True}, {"strict": True, "vectorize": True},
    ],
)  # fmt: skip
def test_options_that_do_not_go_together(options):
    same_error(lambda engine: engine.autograd.functional.jacobian(lambda x: x * 2, engine.ones(3), **options))
    if "create_graph" not in options:
        options = {"outer_jacobian_strategy" if k == "strategy" else k: v for k, v in options.items()}
        same_error(lambda engine: engine.autograd.functional.hessian(lambda x: (x**3).sum(), engine.ones(3), **options))


@pytest.mark.parametrize("function", [lambda x: x.exp().sum(), lambda x: x.exp(), lambda x: x * x.conj()])
def test_a_vectorized_jacobian_may_be_complex(function):
    same(lambda engine: engine.autograd.functional.jacobian(
        function, engine.tensor([1 + 1j, 2.0], dtype=engine.complex128), vectorize=True))  # fmt: skip
