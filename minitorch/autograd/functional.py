"""Whole Jacobians and Hessians, and their products with vectors: ``minitorch.autograd.functional``.

For ``f: R^n -> R^m`` with Jacobian ``J`` (m rows, n columns) a backward pass gives one row, or a weighted sum of rows:

    vjp       v^T J      one backward pass with the cotangent v
    jacobian  J          m backward passes, one for each element of the output
    jvp       J v        two backward passes, see below
    hessian   H          the Jacobian of the gradient
    vhp       v^T H      a backward pass through the gradient
    hvp       H v        a jvp of the gradient; slower than vhp, and equal to it where H is symmetric

``jvp`` needs the forward direction from a machine that only goes backwards. The trick: ``g(u) = u^T J`` is a function
of the cotangent ``u``, and linear in it, so its derivative is ``J`` again: going backwards from ``g`` to ``u`` with the
cotangent ``v`` gives ``J v``. The value of ``u`` plays no part; zeros do.

With ``create_graph`` the results can be differentiated again, also with respect to the inputs that were given. With
``strict`` a result that is zero because nothing depends on the input is an error instead.

PyTorch keeps this in ``torch/autograd/functional.py``. Here ``vectorize=True`` loops over the rows as well, and
``strategy="forward-mode"`` takes one column at a time by ``forward_ad``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import minitorch.autograd as autograd
from minitorch.autograd.grad_mode import enable_grad, is_grad_enabled, set_grad_enabled
from minitorch.ops.creating.creation import zeros_like
from minitorch.tensor_base import TensorBase

Program = Callable[..., Any]
Tensors = tuple[Any, ...]


def vjp(func: Program, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """``(func(*inputs), v^T J)``: the product as one tensor for each input.

    ``v``: the cotangent, of the outputs' shapes; may be left out for a single number.
    """
    with enable_grad():
        inputs_in_tuple, given = _tensors(inputs, "inputs", "vjp")
        given = _tracked(given, create_graph)
        outputs_in_tuple, outputs = _tensors(func(*given), _OUTPUTS, "vjp")
        _check_requires_grad(outputs, "outputs", strict)
        weights = _vector(v, outputs, outputs_in_tuple, create_graph, "vjp", _FUNCTION)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(outputs, given, weights, create_graph)
        product = _zeros_for_none(found, given, strict, create_graph, "back")
    return _result(outputs, create_graph, outputs_in_tuple), _result(product, create_graph, inputs_in_tuple)


def jvp(func: Program, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """``(func(*inputs), J v)``: the product as one tensor for each output.

    ``v``: the tangent, of the inputs' shapes; may be left out for a single number.
    """
    with enable_grad():
        inputs_in_tuple, given = _tensors(inputs, "inputs", "jvp")
        given = _tracked(given, create_graph)
        tangents = _vector(v, given, inputs_in_tuple, create_graph, "jvp", _INPUT)
        outputs_in_tuple, outputs = _tensors(func(*given), _OUTPUTS, "jvp")
        _check_requires_grad(outputs, "outputs", strict)
        cotangents = tuple(zeros_like(output, requires_grad=True) for output in outputs)
        rows = _grad(outputs, given, cotangents, create_graph=True)
        _check_requires_grad(rows, "grad_inputs", strict)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(rows, cotangents, tangents, create_graph)
        product = _zeros_for_none(found, outputs, strict, create_graph, "back_trick")
    return _result(outputs, create_graph, outputs_in_tuple), _result(product, create_graph, outputs_in_tuple)


def jacobian(
    func: Program,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    strategy: str = "reverse-mode",
) -> Any:
    """The Jacobian: for an output of shape ``a`` and an input of shape ``b`` a tensor of shape ``a + b``.

    Tuples of inputs or outputs give tuples: ``result[output][input]``. ``strategy``: "reverse-mode" goes row by row,
    "forward-mode" (with ``vectorize`` only, as in PyTorch) column by column.
    """
    if strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError(
            'Expected strategy to be either "forward-mode" or "reverse-mode". Hint: If your function has more outputs '
            'than inputs, "forward-mode" tends to be more performant. Otherwise, prefer to use "reverse-mode".'
        )
    if strategy == "forward-mode":
        if create_graph:
            raise NotImplementedError(_together("create_graph=True", 'strategy="forward-mode"', "create_graph"))
        return _jacobian_by_columns(func, inputs, strict, vectorize)
    with enable_grad():
        inputs_in_tuple, given = _tensors(inputs, "inputs", "jacobian")
        given = _tracked(given, create_graph)
        outputs_in_tuple, outputs = _tensors(func(*given), _OUTPUTS, "jacobian")
        _check_requires_grad(outputs, "outputs", strict)
        if vectorize and strict:
            raise RuntimeError(
                "torch.autograd.functional.jacobian: `strict=True` and `vectorized=True` are not supported together. "
                "Please either set `strict=False` or `vectorize=False`."
            )
        blocks = tuple(
            _rows(output, place, given, create_graph, strict, vectorize) for place, output in enumerate(outputs)
        )
        return _nested_result(blocks, create_graph, outputs_in_tuple, inputs_in_tuple)


def hessian(
    func: Program,
    inputs: Any,
    create_graph: bool = False,
    strict: bool = False,
    vectorize: bool = False,
    outer_jacobian_strategy: str = "reverse-mode",
) -> Any:
    """The Hessian of a function that returns one number: ``result[i][j]``, of shape ``a_i + a_j``, for inputs i, j."""
    inputs_in_tuple, given = _tensors(inputs, "inputs", "hessian")
    if outer_jacobian_strategy not in ("forward-mode", "reverse-mode"):
        raise AssertionError('Expected strategy to be either "forward-mode" or "reverse-mode".')

    def number(*values: Any) -> Any:
        in_tuple, outputs = _tensors(func(*values), _OUTPUTS, "hessian")
        _check_requires_grad(outputs, "outputs", strict)
        _check_one_number(outputs, in_tuple, "hessian")
        return outputs[0].squeeze()

    def gradient(*values: Any) -> Any:
        if outer_jacobian_strategy == "forward-mode":
            values = tuple(value.requires_grad_(True) for value in values)
        found = jacobian(number, values, create_graph=True)
        _check_requires_grad(found, "jacobian", strict)
        return found

    blocks = jacobian(gradient, given, create_graph, strict, vectorize, outer_jacobian_strategy)
    return blocks if inputs_in_tuple else blocks[0][0]


def vhp(func: Program, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """``(func(*inputs), v^T H)`` for a function that returns one number; ``v`` has the inputs' shapes."""
    with enable_grad():
        inputs_in_tuple, given, outputs, tangents, gradient = _gradient(func, inputs, v, create_graph, strict, "vhp")
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(gradient, given, tangents, create_graph)
        product = _zeros_for_none(found, given, strict, create_graph, "double_back")
    return _result(outputs, create_graph, False), _result(product, create_graph, inputs_in_tuple)


def hvp(func: Program, inputs: Any, v: Any = None, create_graph: bool = False, strict: bool = False) -> tuple[Any, Any]:
    """``(func(*inputs), H v)`` for a function that returns one number; ``v`` has the inputs' shapes."""
    with enable_grad():
        inputs_in_tuple, given, outputs, tangents, gradient = _gradient(func, inputs, v, create_graph, strict, "hvp")
        cotangents = tuple(zeros_like(tensor, requires_grad=True) for tensor in given)
        rows = _grad(gradient, given, cotangents, create_graph=True)
    with set_grad_enabled(create_graph or is_grad_enabled()):
        found = _grad(rows, cotangents, tangents, create_graph)
        product = _zeros_for_none(found, given, strict, create_graph, "double_back_trick")
    return _result(outputs, create_graph, False), _result(product, create_graph, inputs_in_tuple)


def _gradient(
    func: Program, inputs: Any, v: Any, create_graph: bool, strict: bool, name: str
) -> tuple[bool, Tensors, Tensors, Any, Tensors]:
    """What ``vhp`` and ``hvp`` begin with: the inputs, the output, the vector, and the gradient with its graph."""
    inputs_in_tuple, given = _tensors(inputs, "inputs", name)
    given = _tracked(given, create_graph)
    tangents = _vector(v, given, inputs_in_tuple, create_graph, name, _INPUT)
    outputs_in_tuple, outputs = _tensors(func(*given), _OUTPUTS, name)
    _check_requires_grad(outputs, "outputs", strict)
    _check_one_number(outputs, outputs_in_tuple, name)
    gradient = _grad(outputs, given, None, create_graph=True)
    _check_requires_grad(gradient, "jacobian", strict)
    return inputs_in_tuple, given, outputs, tangents, gradient


# ---- rows and columns ---------------------------------------------------------------------------------------------


def _rows(
    output: Any, place: int, inputs: Tensors, create_graph: bool, strict: bool, complex_too: bool = False
) -> Tensors:
    """The Jacobian of one output, one backward pass an element: for each input (*output shape, *input shape).

    ``complex_too``: a complex element starts with the cotangent 1, which else is refused.
    """
    from minitorch.ops.shapes.joining import stack

    rows: list[list[Any]] = [[] for _ in inputs]
    for element in output.reshape(-1).unbind(0) if output.numel() else ():
        cotangent = (element.new_ones(()),) if complex_too else None
        found = _grad((element,), inputs, cotangent, create_graph, retain_graph=True)
        for index, (row, tensor) in enumerate(zip(found, inputs)):
            if strict and row is None:
                raise RuntimeError(
                    f"Output {place} of the user-provided function is independent of input {index}. This is not "
                    "allowed in strict mode."
                )
            if strict and create_graph and not row.requires_grad:
                raise RuntimeError(
                    f"The jacobian of the user-provided function is independent of input {place}. This is not allowed "
                    "in strict mode when create_graph=True."
                )
            rows[index].append(zeros_like(tensor) if row is None else row)
    return tuple(stack(each, 0).view(output.shape + tensor.shape) for each, tensor in zip(rows, inputs))


def _jacobian_by_columns(func: Program, inputs: Any, strict: bool, vectorize: bool) -> Any:
    """The Jacobian in forward mode: one run of the function for each element of the inputs."""
    from minitorch.autograd import forward_ad
    from minitorch.ops.shapes.joining import stack

    if strict:
        raise RuntimeError(_together("strict=True", 'strategy="forward-mode"', "strict"))
    inputs_in_tuple, given = _tensors(inputs, "inputs", "jacobian")
    if not vectorize:
        raise NotImplementedError(
            "Computing Jacobian using forward-AD or forward-over-reverse Hessian is only implemented for "
            "`vectorize=True`."
        )
    columns: list[list[list[Any]]] = []  # [output][input][element of the input]
    shapes: list[Any] = []
    outputs_in_tuple = False
    for place, tensor in enumerate(given):
        for element in range(tensor.numel()):
            with forward_ad.dual_level():
                duals = [forward_ad.make_dual(other, zeros_like(other)) for other in given]
                tangent = tensor.new_zeros(tensor.numel())
                tangent[element] = 1
                duals[place] = forward_ad.make_dual(tensor, tangent.view(tensor.shape))
                outputs_in_tuple, outputs = _tensors(func(*duals), _OUTPUTS, "jacobian")
                if not columns:
                    shapes = [output.shape for output in outputs]
                    columns = [[[] for _ in given] for _ in outputs]
                for nr, output in enumerate(outputs):
                    primal, found = forward_ad.unpack_dual(output)
                    columns[nr][place].append(zeros_like(primal) if found is None else found)
    blocks = tuple(
        tuple(stack(column, -1).reshape(shape + tensor.shape) for column, tensor in zip(row, given))
        for row, shape in zip(columns, shapes)
    )
    return _nested_result(blocks, True, outputs_in_tuple, inputs_in_tuple)


def _together(one: str, other: str, choice: str) -> str:
    return (
        f"torch.autograd.functional.jacobian: `{one}` and `{other}` are not supported together (yet). Please either "
        f'set `{choice}=False` or `strategy="reverse-mode"`.'
    )


# ---- what goes in, what comes out ---------------------------------------------------------------------------------

_OUTPUTS = "outputs of the user-provided function"
_INPUT, _FUNCTION = "input to the user-provided function is", "user-provided function returns"


def _tensors(value: Any, what: str, function: str) -> tuple[bool, Tensors]:
    """Whether it is a tuple, and it as one. ``TypeError`` if there is anything but tensors in it."""
    in_tuple = isinstance(value, tuple)
    values = value if in_tuple else (value,)
    for place, item in enumerate(values):
        if not isinstance(item, TensorBase):
            where = f"the value at index {place}" if in_tuple else f"the given {what}"
            raise TypeError(
                f"The {what} given to {function} must be either a Tensor or a tuple of Tensors but {where} has type "
                f"{type(item)}."
            )
    return in_tuple, values


def _tracked(tensors: Tensors, create_graph: bool, requires_grad: bool = True) -> Tensors:
    """The tensors as they enter the function: cut off from where they come from, unless the result is to lead there."""
    return tuple(
        tensor.view_as(tensor)
        if create_graph and tensor.requires_grad
        else tensor.detach().requires_grad_(requires_grad)
        for tensor in tensors
    )


def _vector(v: Any, like: Tensors, in_tuple: bool, create_graph: bool, function: str, owner: str) -> Tensors | None:
    """``v`` as a tuple of the shapes of ``like``; None, which stands for 1, only if those are a single number."""
    if v is None:
        if len(like) != 1 or like[0].numel() != 1:
            raise RuntimeError(f"The vector v can only be None if the {owner} a single Tensor with a single element.")
        return None
    vector = _tracked(_tensors(v, "v", function)[1], create_graph, requires_grad=False)
    if len(vector) != len(like):
        if in_tuple:
            raise RuntimeError(f"v is a tuple of invalid length: should be {len(like)} but got {len(vector)}.")
        raise RuntimeError("The given v should contain a single Tensor.")
    for place, (part, tensor) in enumerate(zip(vector, like)):
        if part.shape != tensor.shape:
            entry = f"Entry {place} in " if in_tuple else ""
            raise RuntimeError(f"{entry}v has invalid size: should be {tensor.shape} but got {part.shape}.")
    return vector


def _grad(
    outputs: Sequence[Any], inputs: Tensors, weights: Any, create_graph: bool, retain_graph: bool | None = None
) -> Tensors:
    """``autograd.grad`` that leaves out the outputs without a graph; None for every input if that leaves none."""
    weights = (None,) * len(outputs) if weights is None else weights
    pairs = [(o, w) for o, w in zip(outputs, weights) if o is not None and o.requires_grad]
    if not pairs:
        return (None,) * len(inputs)
    roots, cotangents = zip(*pairs)
    return autograd.grad(  # type: ignore[no-any-return]
        roots, inputs, cotangents, allow_unused=True, create_graph=create_graph, retain_graph=retain_graph
    )


def _result(tensors: Tensors, create_graph: bool, in_tuple: bool) -> Any:
    found = tensors if create_graph else tuple(tensor.detach() for tensor in tensors)
    return found if in_tuple else found[0]


def _nested_result(
    blocks: tuple[Tensors, ...], create_graph: bool, outputs_in_tuple: bool, inputs_in_tuple: bool
) -> Any:
    found = tuple(_result(row, create_graph, inputs_in_tuple) for row in blocks)
    return found if outputs_in_tuple else found[0]


# ---- strict mode --------------------------------------------------------------------------------------------------

_STRICT = " This is not allowed in strict mode."
_INDEPENDENT = {
    "outputs": "Output {} of the user-provided function does not require gradients. The outputs must be computed in a "
    "differentiable manner from the input when running in strict mode.",
    "grad_inputs": "The gradient with respect to input {} is independent of the inputs of the user-provided function."
    + _STRICT,
    "jacobian": "While computing the hessian, found that the jacobian of the user-provided function with respect to "
    "input {} is independent of the input." + _STRICT + " You should ensure that your function is twice differentiable "
    "and that the jacobian depends on the inputs (this would be violated by a linear function for example).",
}
_MISSING = {
    "back": "The output of the user-provided function is independent of input {}." + _STRICT,
    "back_trick": "The gradient with respect to the input is independent of entry {} in the grad_outputs when using "
    "the double backward trick to compute forward mode gradients." + _STRICT,
    "double_back": "The jacobian of the user-provided function is independent of input {}." + _STRICT,
    "double_back_trick": "The hessian of the user-provided function is independent of entry {} in the grad_jacobian."
    + _STRICT[:-1]
    + " as it prevents from using the double backward trick to replace forward mode AD.",
}


def _check_requires_grad(tensors: Tensors, what: str, strict: bool) -> None:
    """In strict mode, ``RuntimeError`` for the first tensor that depends on no input."""
    for place, tensor in enumerate(tensors if strict else ()):
        if tensor is None:
            raise RuntimeError(_MISSING["back"].format(place))
        if not tensor.requires_grad:
            raise RuntimeError(_INDEPENDENT[what].format(place))


def _zeros_for_none(found: Tensors, like: Tensors, strict: bool, create_graph: bool, stage: str) -> Tensors:
    """Zeros where no gradient came, which in strict mode is a ``RuntimeError``."""
    for place, gradient in enumerate(found if strict else ()):
        if gradient is None:
            raise RuntimeError(_MISSING[stage].format(place))
        if create_graph and not gradient.requires_grad:
            what = "hessian" if "double" in stage else "jacobian"
            raise RuntimeError(
                f"The {what} of the user-provided function is independent of input {place}. This is not allowed in "
                "strict mode when create_graph=True."
            )
    return tuple(zeros_like(tensor) if gradient is None else gradient for gradient, tensor in zip(found, like))


def _check_one_number(outputs: Tensors, in_tuple: bool, function: str) -> None:
    if in_tuple:
        raise RuntimeError(f"The function given to {function} should return a single Tensor")
    if outputs[0].numel() != 1:
        raise RuntimeError(f"The Tensor returned by the function given to {function} should contain a single element")
