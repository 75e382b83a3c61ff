"""Promotion: binary operators over tensors, zero-dim tensors and numbers of all dtypes, and what the dtypes say."""

from __future__ import annotations

from typing import Any

from programs.writer import Writer, placeholder

MAKING: list[tuple[str, int]] = [
    ("{new} = make({small}, {dtype}, {seed})", 8),
    ("{new} = make((), {dtype}, {seed})", 4),
]

_BINARY = ["add", "sub", "mul", "div", "true_divide", "floor_divide", "remainder", "fmod", "pow", "maximum", "minimum",
           "fmax", "fmin", "atan2", "hypot", "copysign", "eq", "ne", "lt", "le", "gt", "ge", "logical_and",
           "logical_or", "logical_xor", "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift",
           "bitwise_right_shift", "xlogy", "logaddexp", "float_power", "heaviside", "rsub", "nextafter", "gcd",
           "ldexp", "logaddexp2", "arctan2", "multiply", "subtract", "divide", "lcm"]  # fmt: skip
_UNARY = ["abs", "neg", "sign", "sqrt", "exp", "sin", "reciprocal", "floor", "round", "trunc", "square", "sigmoid",
          "isnan", "logical_not", "bitwise_not", "sgn", "log1p", "rsqrt", "angle", "real", "erf", "expm1",
          "relu", "positive", "nan_to_num", "frac", "isreal", "signbit", "tanh", "deg2rad", "exp2", "ceil", "log2",
          "acos", "cosh", "isposinf", "tan", "atanh"]  # fmt: skip
_REDUCTION = ["sum", "prod", "mean", "cumsum_", "max", "min", "argmax", "any", "all", "var", "std", "amax", "cumprod_",
              "logsumexp_", "norm", "nansum", "median", "count_nonzero", "aminmax", "sort", "unique"]  # fmt: skip
_INPLACE = ["add_", "sub_", "mul_", "div_", "floor_divide_", "remainder_", "pow_", "eq_", "lt_", "bitwise_and_",
            "logical_or_", "copy_", "fmod_", "atan2_", "xlogy_", "__ior__", "__iand__", "__ixor__"]  # fmt: skip
_OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "==", "!=", "<", "<=", ">", ">=", "&", "|", "^", "<<", ">>"]

TEMPLATES: list[tuple[str, int]] = [
    ("{new} = {x} {operator} {y}", 8),
    ("{new} = {x} {operator} {number}", 6),
    ("{new} = {number} {operator} {x}", 5),
    ("{new} = torch.{binary}({x}, {y})", 8),
    ("{new} = torch.{binary}({x}, {number})", 4),
    ("{new} = torch.{binary}({number}, {x})", 1),
    ("{new} = torch.{unary}({x})", 5),
    ("{new} = {x}.{inplace}({y})", 4),
    ("{new} = {x}.{inplace}({number})", 3),
    ("{new} = torch.{reduce}({x})", 3),
    ("{new} = torch.cumsum({x}, 0)", 1),
    ("{new} = torch.cumprod({x}, 0)", 1),
    ("{new} = torch.sum({x}, dtype={tdtype})", 1),
    ("{new} = torch.result_type({x}, {any}), torch.result_type({x}, {number}), torch.result_type({number}, {x})", 2),
    ("{new} = torch.promote_types({tdtype}, {tdtype}), torch.can_cast({tdtype}, {tdtype})", 1),
    ("{new} = torch.div({x}, {y}, rounding_mode={rounding})", 2),
    ("{new} = torch.add({x}, {y}, alpha={number})", 2),
    ("{new} = torch.where({x} != 0, {y}, {any})", 2),
    ("{new} = torch.where({x} != 0, {y}, {number})", 1),
    ("{new} = torch.clamp({x}, {number}, {number})", 1),
    ("{new} = torch.lerp({x}, {y}, {number})", 1),
    ("{new} = torch.addcmul({x}, {y}, {y}, value={number})", 1),
    ("{new} = torch.addcdiv({x}, {y}, {y})", 1),
    ("{new} = torch.cat([{x}, {any}])", 1),
    ("{new} = torch.stack([{x}, {any}])", 1),
    ("{new} = torch.full_like({x}, {number})", 1),
    ("{new} = torch.full((2,), {number})", 1),
    ("{new} = torch.tensor({number}, dtype={tdtype})", 1),
    ("{new} = torch.tensor([{number}, {number}])", 1),
    ("{new} = torch.{binary}({x}, {y}, out=torch.empty(0, dtype={tdtype}))", 1),
    ("{new} = {x}.to({tdtype}).dtype", 1),
    ("{new} = {x} @ {y}", 1),
    ("{new} = torch.masked_fill({x}, {x} != {x}, {number})", 1),
    ("{new} = ({x} != 0).tolist(), {same}.shape.numel()", 1),
    ("{new} = torch.equal({x}, {y}), torch.is_tensor({x})", 1),
]  # fmt: skip


@placeholder
def small(w: Writer) -> tuple[int, ...]:
    return w.choice([(3,), (2, 3), (1,), (2, 1), (0,)] if w.rarely(6) else [(3,), (2, 3)])


@placeholder
def number(w: Writer) -> Any:
    numbers = ["2", "-3", "0.5", "-1.5", "True", "False", "1j", "2.5", "0", "0.0", "7", "(1-2j)", "300", "float('inf')",
                     "float('nan')", "-1"]  # fmt: skip
    if "float16" in w.dtypes:  # with a complex number it makes complex32, which NumPy does not have
        numbers = [number for number in numbers if "j" not in number]
    return w.choice(numbers)


@placeholder
def operator(w: Writer) -> str:
    return w.choice(_OPERATORS)


@placeholder
def binary(w: Writer) -> str:
    return w.choice(_BINARY)


@placeholder
def unary(w: Writer) -> str:
    return w.choice(_UNARY)


@placeholder
def inplace(w: Writer) -> str:
    return w.choice(_INPLACE)


@placeholder
def reduce(w: Writer) -> str:
    return w.choice([name for name in _REDUCTION if not name.endswith("_")])


@placeholder
def rounding(w: Writer) -> str:
    return w.choice(["None", "'floor'", "'trunc'"])
