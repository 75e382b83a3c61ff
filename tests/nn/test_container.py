"""Containers: every program runs in PyTorch and in minitorch and must give the same."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest
import torch as pytorch
from compare import check

import minitorch


def same(program: Any) -> None:
    check(program, grad=False, names=False)


def named(module: Any) -> list[Any]:
    """What is in a container: printed form, names of children, keys of the state."""
    return [repr(module), [name for name, _ in module.named_children()], list(module.state_dict())]


def test_sequential_is_an_editable_list_of_modules() -> None:
    def program(torch: Any) -> list[Any]:
        nn, seen = torch.nn, []
        net = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
        seen += [named(net), len(net), repr(net[-1]), named(net[1:]), named(net[::2])]
        seen.append([type(m).__name__ for m in net])
        net[1] = nn.Tanh()
        net.append(nn.Sigmoid()).extend([nn.Identity(), nn.Flatten()])
        seen.append(named(net))
        net.insert(1, nn.Identity()).insert(-1, nn.Softmax(1))
        seen.append(named(net))
        seen.append(repr(net.pop(0)))
        del net[0]
        del net[1:3]
        seen.append(named(net))
        seen += [named(net + nn.Sequential(nn.Identity())), named(net * 2), named(2 * net)]
        net += nn.Sequential(nn.Threshold(0.1, 20))
        net *= 2
        seen += [named(net), "0" in dir(net)]
        return seen

    same(program)


def test_sequential_takes_names_and_shares_what_is_given_twice() -> None:
    def program(torch: Any) -> list[Any]:
        nn = torch.nn
        net = nn.Sequential(OrderedDict(first=nn.Linear(2, 2), second=nn.ReLU()))
        part = nn.Linear(1, 1)
        twice = nn.Sequential(part, part)
        return [named(net), repr(net.first), repr(net[0]), named(net[1:]), len(list(twice.parameters())), named(twice)]

    same(program)


def test_sequential_passes_values_through_in_order() -> None:
    class Add(minitorch.nn.Module):
        def __init__(self, number: float, factor: float) -> None:
            super().__init__()
            self.number, self.factor = number, factor

        def forward(self, x: float) -> float:
            return (x + self.number) * self.factor

    assert minitorch.nn.Sequential(Add(1, 2), Add(3, 5))(10) == ((10 + 1) * 2 + 3) * 5
    assert minitorch.nn.Sequential()(10) == 10


def test_module_list_is_a_list() -> None:
    def program(torch: Any) -> list[Any]:
        nn, seen = torch.nn, []
        layers = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2), nn.ReLU()])
        seen += [named(layers), len(layers), repr(layers[-1]), named(layers[:2]), [type(m).__name__ for m in layers]]
        layers[0] = nn.Linear(3, 3, bias=False)
        layers.append(nn.Tanh()).extend([nn.Tanh(), nn.Tanh()])
        layers += [nn.Identity()]
        layers.insert(1, nn.Flatten())
        seen.append(named(layers))
        seen.append(repr(layers.pop(1)))
        del layers[0]
        del layers[2:4]
        seen += [named(layers), named(layers + [nn.ReLU()]), named(nn.ModuleList()), "0" in dir(layers)]
        nested = nn.ModuleList([nn.ModuleList([nn.Sequential(nn.ReLU(), nn.ReLU())] * 2) for _ in range(3)])
        return [*seen, named(nested)]

    same(program)


def test_module_dict_is_a_dictionary() -> None:
    def program(torch: Any) -> list[Any]:
        nn, seen = torch.nn, []
        choices = nn.ModuleDict({"b": nn.Linear(1, 1), "a": nn.ReLU()})
        choices["c"] = nn.Tanh()
        seen += [named(choices), list(choices), len(choices), "a" in choices, "x" in choices, list(choices.keys())]
        seen += [[repr(m) for m in choices.values()], [k for k, _ in choices.items()], repr(choices.pop("a"))]
        choices.update([("z", nn.Identity()), ("y", nn.Identity())])
        choices.update(OrderedDict(w=nn.Flatten()))
        choices.update(nn.ModuleDict({"v": nn.Flatten()}))
        del choices["z"]
        seen.append(named(choices))
        choices.clear()
        return [*seen, named(choices)]

    same(program)


def test_parameter_list_holds_parameters_and_other_values() -> None:
    def program(torch: Any) -> list[Any]:
        nn, seen = torch.nn, []
        values = nn.ParameterList([torch.zeros(2, 3), nn.Parameter(torch.ones(1)), 5])
        values.append(torch.ones(()))
        values += [torch.zeros(4, dtype=torch.float64)]
        values[1] = torch.full((2,), 7.0)
        seen += [named(values), len(values), values[-1], values[1], repr(values[1:3])]
        seen.append([type(v).__name__ for v in values])
        return [*seen, [n for n, _ in values.named_parameters()], "0" in dir(values)]

    same(program)


def test_parameter_dict_holds_parameters_and_other_values() -> None:
    def program(torch: Any) -> list[Any]:
        nn, seen = torch.nn, []
        values = nn.ParameterDict({"b": torch.zeros(2, 3), "a": nn.Parameter(torch.ones(1)), "n": 5})
        values["c"] = torch.ones(())
        seen += [named(values), list(values), list(reversed(values)), len(values), "a" in values, values["a"]]
        seen += [values.get("a"), values.get("q"), values.setdefault("d", torch.ones(2)), values.setdefault("d", 1)]
        seen += [list(values.keys()), [k for k, _ in values.items()], [type(v).__name__ for v in values.values()]]
        other = nn.ParameterDict([("b", torch.ones(5)), ("x", torch.ones(1))])
        seen += [list(values | other), (values | other)["b"], list(values.copy()), list(values.fromkeys(["u", "v"], 1))]
        values |= other
        seen += [values["b"], values.pop("a"), values.popitem()[0]]
        del values["b"]
        seen.append(named(values))
        values.clear()
        return [*seen, named(values)]

    same(program)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda nn: nn.Sequential(nn.ReLU())[1],
        lambda nn: nn.Sequential(nn.ReLU())[-2],
        lambda nn: nn.Sequential(nn.ReLU())["x"],
        lambda nn: nn.Sequential(3),
        lambda nn: nn.Sequential(nn.ReLU()) + [nn.ReLU()],
        lambda nn: nn.Sequential(nn.ReLU()) * 0,
        lambda nn: nn.Sequential(nn.ReLU()) * "a",
        lambda nn: nn.Sequential(nn.ReLU()).insert(5, nn.ReLU()),
        lambda nn: nn.Sequential(nn.ReLU()).insert(0, 3),
        lambda nn: nn.ModuleList(3),
        lambda nn: nn.ModuleList([3]),
        lambda nn: nn.ModuleList([nn.ReLU()])[1],
        lambda nn: nn.ModuleList([nn.ReLU()])(3),
        lambda nn: nn.ModuleDict(3),
        lambda nn: nn.ModuleDict([3]),
        lambda nn: nn.ModuleDict([(1, 2, 3)]),
        lambda nn: nn.ModuleDict({"a": 3}),
        lambda nn: nn.ModuleDict({"a": nn.ReLU()})["b"],
        lambda nn: nn.ModuleDict({"keys": nn.ReLU()}),
        lambda nn: nn.ParameterList(3),
        lambda nn: nn.ParameterList([1])[1],
        lambda nn: nn.ParameterList([1])(3),
        lambda nn: nn.ParameterDict(3),
        lambda nn: nn.ParameterDict([3]),
        lambda nn: nn.ParameterDict([(1, 2, 3)]),
        lambda nn: nn.ParameterDict({"a": 1})(3),
        lambda nn: nn.ParameterDict({"a": 1})["b"],
    ],
)
def test_wrong_use_is_refused_with_pytorchs_words(wrong: Any) -> None:
    messages = []
    for engine in (pytorch, minitorch):
        with pytest.raises(Exception) as caught:  # the type is what is compared
            wrong(engine.nn)
        messages.append((type(caught.value), str(caught.value).replace("minitorch.", "torch.")))
    assert messages[0] == messages[1]


def test_parameter_dict_refuses_other_keys_than_strings() -> None:
    for engine in (pytorch, minitorch):
        with pytest.raises(TypeError, match="cannot be used as a key"):
            engine.nn.ParameterDict({3: 1})
