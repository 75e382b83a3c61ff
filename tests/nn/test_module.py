"""``Module``: every program below runs in PyTorch and in minitorch and must give the same."""

from __future__ import annotations

import copy
import pickle
import warnings
from collections import OrderedDict
from typing import Any

import pytest
from compare import check, check_raises, randn

import minitorch


def same(program: Any, *arrays: Any, **options: Any) -> None:
    check(program, *arrays, grad=False, names=False, **options)


def small_net(torch: Any) -> Any:
    """Two levels, a shared parameter, a buffer that is saved and one that is not."""

    class Block(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.scale = torch.nn.Parameter(torch.tensor([2.0, 3.0], dtype=torch.float64))
            self.register_buffer("seen", torch.tensor([0.0, 1.0], dtype=torch.float64))
            self.register_buffer("scratch", torch.tensor([5.0], dtype=torch.float64), persistent=False)

        def forward(self, x: Any, bias: Any = None) -> Any:
            return x * self.scale if bias is None else x * self.scale + bias

    class Net(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = Block()
            self.second = Block()
            self.second.scale = self.first.scale
            self.own = torch.nn.Parameter(torch.tensor(1.5, dtype=torch.float64))
            self.nothing = None
            self.register_parameter("no_parameter", None)
            self.register_buffer("no_buffer", None)

        def forward(self, x: Any) -> Any:
            return self.second(self.first(x)) * self.own

    return Net()


# ---- the tree -----------------------------------------------------------------------------------------------------


def test_names_of_all_members_are_pytorchs() -> None:
    def program(torch: Any) -> list[Any]:
        net = small_net(torch)
        return [
            [name for name, _ in net.named_parameters()],
            [name for name, _ in net.named_parameters("net")],
            [name for name, _ in net.named_parameters(remove_duplicate=False)],
            [name for name, _ in net.named_parameters(recurse=False)],
            [name for name, _ in net.named_buffers()],
            [name for name, _ in net.named_buffers(recurse=False)],
            [name for name, _ in net.named_modules()],
            [name for name, _ in net.named_modules(prefix="x")],
            [name for name, _ in net.named_children()],
            [type(m).__name__ for m in net.modules()],
            [type(m).__name__ for m in net.children()],
            [p.shape == b.shape for p, b in zip(net.parameters(), net.buffers())],
            sorted(net.state_dict()),
            "own" in dir(net), "first" in dir(net), "no_buffer" in dir(net),
        ]  # fmt: skip

    same(program)


def test_a_shared_module_is_listed_once_unless_asked() -> None:
    def program(torch: Any) -> list[Any]:
        part = torch.nn.Identity()
        net = torch.nn.ModuleList([part, torch.nn.Sequential(part), part])
        return [
            [name for name, _ in net.named_modules()],
            [name for name, _ in net.named_modules(remove_duplicate=False)],
            len(list(net.children())),
        ]

    same(program)


def test_assignment_moves_a_name_between_kinds() -> None:
    def program(torch: Any) -> list[Any]:
        net = small_net(torch)
        seen = []

        def kinds() -> None:
            seen.append([list(net._parameters), list(net._buffers), list(net._modules), "x" in net.__dict__])

        net.x = 1
        kinds()
        net.x = torch.nn.Parameter(torch.ones(1))
        kinds()
        net.x = None
        kinds()
        del net.x
        net.x = torch.nn.Identity()
        kinds()
        net.x = torch.nn.Parameter(torch.ones(1))
        kinds()
        del net.x
        net.register_buffer("x", torch.ones(1), persistent=False)
        net.x = torch.zeros(1)
        kinds()
        seen.append(sorted(net._non_persistent_buffers_set))
        net.x = torch.nn.Identity()
        kinds()
        seen.append(sorted(net._non_persistent_buffers_set))
        net.y = torch.nn.Buffer(torch.ones(2))
        net.z = torch.nn.Buffer(torch.ones(2), persistent=False)
        kinds()
        seen.append(sorted(net._non_persistent_buffers_set))
        return seen

    same(program)


def test_a_buffer_prints_as_the_tensor_that_it_is() -> None:
    same(lambda torch: [repr(torch.nn.Buffer(torch.ones(2))), repr(torch.nn.Buffer(torch.zeros(2).long()))])


def test_a_parameter_is_a_leaf_over_the_same_memory_and_prints_so() -> None:
    def program(torch: Any) -> list[Any]:
        data = torch.tensor([1.0, 2.0])
        parameter = torch.nn.Parameter(data)
        data.fill_(7)
        frozen = torch.nn.Parameter(data, requires_grad=False)
        copied = copy.deepcopy(parameter)
        data.fill_(3)
        empty = torch.nn.Parameter()
        return [
            repr(parameter), repr(frozen), repr(copied), parameter.is_leaf, parameter.requires_grad,
            frozen.requires_grad, copied.requires_grad, type(copied).__name__, type(parameter.detach()).__name__,
            type(parameter * 2).__name__, tuple(empty.shape), isinstance(parameter, torch.Tensor),
            copied is parameter, parameter.grad is None,
        ]  # fmt: skip

    same(program)


def test_a_parameter_survives_pickling() -> None:
    parameter = minitorch.nn.Parameter(minitorch.tensor([1.0, 2.0]), requires_grad=False)
    back = pickle.loads(pickle.dumps(parameter))
    assert type(back) is minitorch.nn.Parameter
    assert back.tolist() == [1.0, 2.0]
    assert not back.requires_grad


@pytest.mark.parametrize(
    "change",
    [
        lambda torch, net: net.register_parameter("a.b", None),
        lambda torch, net: net.register_parameter("", None),
        lambda torch, net: net.register_parameter(3, None),
        lambda torch, net: net.register_parameter("first", None),
        lambda torch, net: net.register_parameter("x", torch.ones(1)),
        lambda torch, net: net.register_parameter("x", 3),
        lambda torch, net: net.register_buffer("a.b", None),
        lambda torch, net: net.register_buffer("", None),
        lambda torch, net: net.register_buffer(3, None),
        lambda torch, net: net.register_buffer("own", None),
        lambda torch, net: net.register_buffer("x", 3),
        lambda torch, net: net.add_module("a.b", None),
        lambda torch, net: net.add_module("", None),
        lambda torch, net: net.add_module(3, None),
        lambda torch, net: net.add_module("own", torch.nn.Identity()),
        lambda torch, net: net.add_module("x", 3),
        lambda torch, net: setattr(net, "own", 3),
        lambda torch, net: setattr(net, "own", torch.ones(1)),
        lambda torch, net: setattr(net, "first", 3),
        lambda torch, net: setattr(net.first, "seen", 3),
        lambda torch, net: net.get_submodule("first.nope"),
        lambda torch, net: net.get_submodule("own"),
        lambda torch, net: net.get_parameter("first.seen"),
        lambda torch, net: net.get_parameter("first.nope"),
        lambda torch, net: net.get_buffer("first.scale"),
        lambda torch, net: net.set_submodule("", torch.nn.Identity()),
        lambda torch, net: net.set_submodule("nope", torch.nn.Identity(), strict=True),
        lambda torch, net: net.set_submodule("own", torch.nn.Identity()),
        lambda torch, net: net.nope,
        lambda torch, net: delattr(net, "nope"),
        lambda torch, net: net.train(1),
        lambda torch, net: torch.nn.Module(3),
        lambda torch, net: torch.nn.Module(a=3),
        lambda torch, net: torch.nn.Module()(3),
        lambda torch, net: net.to(torch.int64),
        lambda torch, net: torch.nn.Parameter(torch.ones(2, dtype=torch.int64)),
        lambda torch, net: torch.nn.Parameter([1.0]),
        lambda torch, net: net.load_state_dict(3),
    ],
)
def test_wrong_use_is_refused_with_pytorchs_words(change: Any) -> None:
    messages = []
    for engine in (__import__("torch"), minitorch):
        with pytest.raises(Exception) as caught:  # the type is what is compared
            change(engine, small_net(engine))
        messages.append((type(caught.value), str(caught.value).replace("minitorch.", "torch.")))
    assert messages[0] == messages[1]


def test_assigning_before_init_is_refused() -> None:
    for value in ("Parameter(torch.ones(1))", "Identity()"):
        messages = []
        for engine in (__import__("torch"), minitorch):

            class Net(engine.nn.Module):
                def __init__(self, engine: Any = engine) -> None:
                    self.x = eval("nn." + value, {"nn": engine.nn, "torch": engine})

            with pytest.raises(AttributeError) as caught:
                Net()
            messages.append(str(caught.value))
        assert messages[0] == messages[1]


def test_parts_are_found_by_path() -> None:
    net = small_net(minitorch)
    assert net.get_submodule("") is net
    assert net.get_submodule("first") is net.first
    assert net.get_parameter("second.scale") is net.first.scale
    assert net.get_buffer("first.scratch") is net.first.scratch
    replacement = minitorch.nn.Identity()
    net.set_submodule("first.part", replacement)
    assert net.first.part is replacement


# ---- what is done to all of it ------------------------------------------------------------------------------------


def test_train_eval_apply_and_freezing_reach_everything() -> None:
    def program(torch: Any) -> list[Any]:
        net, order = small_net(torch), []
        net.apply(lambda module: order.append(type(module).__name__))
        net.eval()
        modes = [module.training for module in net.modules()]
        net.first.train()
        modes += [module.training for module in net.modules()]
        net.requires_grad_(False)
        return [order, modes, [p.requires_grad for p in net.parameters()], net.train() is net]

    same(program)


def test_zero_grad_forgets_or_fills() -> None:
    def program(torch: Any, x: Any) -> list[Any]:
        net = small_net(torch)
        net(x).sum().backward()
        before = [p.grad.clone() for p in net.parameters()]
        net.zero_grad(set_to_none=False)
        filled = [p.grad.clone() for p in net.parameters()]
        net.zero_grad()
        return [before, filled, [p.grad is None for p in net.parameters()]]

    same(program, randn(4, 2))


def test_conversion_keeps_parameters_and_converts_their_gradients() -> None:
    def program(torch: Any, x: Any) -> list[Any]:
        net = small_net(torch)
        net.register_buffer("count", torch.tensor(3))
        net(x).sum().backward()
        own, seen = net.own, []
        for convert in (
            lambda: net.float(), lambda: net.to(torch.float64), lambda: net.half(), lambda: net.double(),
            lambda: net.to("cpu"), lambda: net.to(torch.ones(1)), lambda: net.to(device="cpu", dtype=torch.float64),
            lambda: net.bfloat16(), lambda: net.type(torch.float64), lambda: net.cpu(),
        ):  # fmt: skip
            convert()
            seen.append([repr(t.dtype) for t in net.state_dict().values()])
            seen.append([repr(net.own.grad.dtype), net.own is own, net.own.is_leaf, net.own.requires_grad])
        return [seen, net.own, net.own.grad]

    same(program, randn(3, 2))


# ---- saving and loading -------------------------------------------------------------------------------------------


def test_state_dict_has_pytorchs_keys_metadata_and_values() -> None:
    def program(torch: Any) -> list[Any]:
        net = small_net(torch)
        state = net.state_dict(prefix="net.")
        kept = net.state_dict(keep_vars=True)
        return [
            list(state), list(state.values()), dict(state._metadata), type(state).__name__,
            [v.requires_grad for v in state.values()], [v.requires_grad for v in kept.values()],
            kept["own"] is net.own, repr(state._metadata),
        ]  # fmt: skip

    same(program)


def test_state_dict_shares_memory_and_loading_copies_into_it() -> None:
    net, other = small_net(minitorch), small_net(minitorch)
    state = net.state_dict()
    state["own"].fill_(9)
    assert net.own.item() == 9
    own = other.own
    assert repr(other.load_state_dict(state)) == "<All keys matched successfully>"
    assert other.own is own
    assert own.item() == 9
    state["own"].fill_(1)
    assert own.item() == 9


def test_state_dicts_go_between_the_engines_through_numpy() -> None:
    import torch

    theirs, ours = torch.nn.Linear(3, 2), minitorch.nn.Linear(3, 2)
    ours.load_state_dict({k: minitorch.from_numpy(v.numpy().copy()) for k, v in theirs.state_dict().items()})
    assert ours.weight.tolist() == theirs.weight.tolist()
    again = torch.nn.Linear(3, 2)
    again.load_state_dict({k: torch.from_numpy(v.numpy().copy()) for k, v in ours.state_dict().items()})
    assert again.bias.tolist() == ours.bias.tolist()


@pytest.mark.parametrize("strict", [True, False])
@pytest.mark.parametrize(
    "spoil",
    [
        lambda torch, state: state.pop("own"),
        lambda torch, state: (state.pop("own"), state.pop("first.scale")),
        lambda torch, state: state.update(more=torch.ones(1), other=torch.ones(1)),
        lambda torch, state: state.update({"first.deep.x": torch.ones(1), "nowhere.x": torch.ones(1)}),
        lambda torch, state: state.update(own=torch.ones(2, 3)),
        lambda torch, state: state.update({"own": torch.ones(2, 3), "first.seen": torch.ones(5), "more": 3}),
        lambda torch, state: state.update(own=3),
        lambda torch, state: state.update(own=torch.ones(1)),  # one element for a scalar is taken
        lambda torch, state: (state.pop("first.seen"), state.update(extra=1, own=torch.ones(4))),
    ],
)
def test_what_does_not_fit_is_told_as_pytorch_tells_it(spoil: Any, strict: bool) -> None:
    told = []
    for engine in (__import__("torch"), minitorch):
        net = small_net(engine)
        state = net.state_dict()
        state = OrderedDict((key, value.clone().fill_(8)) for key, value in state.items())
        spoil(engine, state)
        try:
            result = repr(net.load_state_dict(state, strict=strict))
        except RuntimeError as error:
            result = str(error)
        loaded = [value.tolist() for value in net.state_dict().values()]  # what fits is loaded all the same
        told.append((result, loaded))
    assert told[0] == told[1]


def test_assign_takes_the_given_tensors_themselves() -> None:
    net = small_net(minitorch)
    state = {key: minitorch.zeros_like(value) for key, value in net.state_dict().items()}
    net.load_state_dict(state, assign=True)
    assert net.first.seen is state["first.seen"]
    assert isinstance(net.own, minitorch.nn.Parameter)
    assert net.own.requires_grad
    assert net.own.data_ptr() == state["own"].data_ptr()


def test_extra_state_is_saved_and_loaded() -> None:
    def program(torch: Any) -> list[Any]:
        class Counting(torch.nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.count = 0

            def get_extra_state(self) -> Any:
                return {"count": self.count}

            def set_extra_state(self, state: Any) -> None:
                self.count = state["count"]

        net, other = torch.nn.Sequential(Counting()), torch.nn.Sequential(Counting())
        net[0].count = 5
        state = net.state_dict()
        other.load_state_dict(state)
        told = [list(state), other[0].count]
        for wrong in ({}, {"0._extra_state": {"count": 1}, "x": 1}):
            try:
                other.load_state_dict(wrong)
            except RuntimeError as error:
                told.append(str(error))
        try:
            torch.nn.Sequential(torch.nn.Identity()).load_state_dict(state)
        except RuntimeError as error:
            told.append(str(error))
        return told

    same(program)


def test_state_dict_hooks_run_in_pytorchs_order() -> None:
    def program(torch: Any) -> list[Any]:
        net, calls = small_net(torch), []
        net.register_state_dict_pre_hook(lambda m, prefix, keep: calls.append(["pre", prefix, keep]))
        net.first.register_state_dict_post_hook(lambda m, state, prefix, _: calls.append(["post", prefix, len(state)]))

        def rename(module: Any, state: Any, prefix: str, metadata: Any) -> None:
            state["renamed"] = state.pop("own")

        handle = net.register_state_dict_post_hook(rename)

        def undo(module: Any, state: Any, prefix: str, *rest: Any) -> None:
            calls.append(["load pre", prefix, len(rest)])
            if "renamed" in state:
                state["own"] = state.pop("renamed")

        net.register_load_state_dict_pre_hook(undo)
        net.register_load_state_dict_post_hook(lambda m, keys: calls.append(["load post", repr(keys)]))
        state = net.state_dict()
        loaded = repr(small_net(torch).load_state_dict(state, strict=False))
        net.load_state_dict(state)
        handle.remove()
        return [calls, list(state), loaded, list(net.state_dict()), "renamed" in state]

    same(program)


# ---- hooks on calls -----------------------------------------------------------------------------------------------


def test_forward_hooks_see_and_replace_arguments_and_results() -> None:
    def program(torch: Any, x: Any) -> list[Any]:
        block, calls = small_net(torch).first, []

        def log(name: str, answer: Any = None) -> Any:
            def hook(module: Any, *rest: Any) -> Any:
                calls.append([name, module is block, len(rest), [type(r).__name__ for r in rest]])
                return answer(*rest) if answer else None

            return hook

        block.register_forward_pre_hook(log("pre", lambda args: args[0] * 2))
        block.register_forward_pre_hook(
            log("pre kwargs", lambda args, kwargs: (args, {"bias": kwargs["bias"] + 1})), with_kwargs=True
        )
        block.register_forward_pre_hook(log("first"), prepend=True)
        block.register_forward_hook(log("post", lambda args, out: out + 10))
        last = block.register_forward_hook(
            log("post kwargs", lambda args, kwargs, out: out * kwargs["bias"]), with_kwargs=True
        )
        handle = torch.nn.modules.module.register_module_forward_hook(log("global"))
        first = block(x, bias=x)
        handle.remove()
        last.remove()
        return [first, block(x, bias=x), calls]

    same(program, randn(3, 2))


def test_always_called_hooks_run_when_forward_raises() -> None:
    def program(torch: Any) -> list[Any]:
        class Failing(torch.nn.Module):
            def forward(self, x: Any) -> Any:
                raise KeyError("no")

        net, calls = Failing(), []
        net.register_forward_hook(lambda m, args, out: calls.append(["never", out]))
        net.register_forward_hook(lambda m, args, out: calls.append(["always", args, out]), always_call=True)

        def raising(module: Any, args: Any, out: Any) -> None:
            raise ValueError("in the hook")

        net.register_forward_hook(raising, always_call=True)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                net(3)
            except KeyError as error:
                calls.append(repr(error))
        return [repr(calls), [str(w.message) for w in caught]]

    same(program)


def test_backward_hooks_see_and_replace_gradients_of_the_module() -> None:
    def program(torch: Any, x: Any, y: Any) -> list[Any]:
        class Two(torch.nn.Module):
            def forward(self, x: Any, factor: float, y: Any) -> Any:
                return x * y, y * factor

        x.requires_grad_()
        y.requires_grad_()
        net, seen = Two(), []

        def before(module: Any, grad_output: Any) -> Any:
            seen.append(["before", *grad_output])
            return tuple(None if g is None else g * 2 for g in grad_output)

        def after(module: Any, grad_input: Any, grad_output: Any) -> Any:
            seen.append(["after", *grad_input, *grad_output])
            return (grad_input[0] * 3, None, grad_input[2])

        net.register_full_backward_pre_hook(before)
        handle = net.register_full_backward_hook(after)
        a, b = net(x, 2.0, y)
        name = a.grad_fn.name()
        (a.sum() + (b * b).sum()).backward()
        handle.remove()
        gradients = [x.grad.clone(), y.grad.clone()]
        net(x, 2.0, y)[0].sum().backward()
        return [name, gradients, x.grad, y.grad, [[type(g).__name__ for g in s] for s in seen], seen[0][1], seen[1][1]]

    same(program, randn(3, 2), randn(3, 2, seed=1))


def test_a_backward_hook_runs_when_no_input_requires_grad() -> None:
    def program(torch: Any, x: Any) -> list[Any]:
        block, seen = small_net(torch).first, []
        block.register_full_backward_hook(lambda m, grad_in, grad_out: seen.append([grad_in[0] is None, grad_out[0]]))
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            block(x).sum().backward()
        return [seen, block.scale.grad, len(caught)]

    same(program, randn(3, 2))


def test_wrong_answers_of_backward_hooks_are_refused() -> None:
    for kind in ("register_full_backward_hook", "register_full_backward_pre_hook"):
        message = check_raises(
            lambda torch, x, kind=kind: (
                block := small_net(torch).first,
                getattr(block, kind)(lambda module, *gradients: (None, None, None)),
                block(x.requires_grad_()).sum().backward(),
            ),
            randn(3, 2),
        )
        assert "invalid number of" in message


def test_in_place_writes_behind_a_backward_hook_are_refused() -> None:
    check_raises(
        lambda torch, x: (
            block := small_net(torch).first,
            block.register_full_backward_hook(lambda m, gi, go: None),
            block(x.requires_grad_()).mul_(2),
        ),
        randn(3, 2),
    )


def test_registration_hooks_replace_what_is_registered() -> None:
    def program(torch: Any) -> list[Any]:
        registry = torch.nn.modules.module
        calls: list[Any] = []
        handles = [
            registry.register_module_parameter_registration_hook(lambda m, n, p: calls.append(["parameter", n])),
            registry.register_module_buffer_registration_hook(lambda m, n, b: torch.zeros(1)),
            registry.register_module_module_registration_hook(lambda m, n, c: torch.nn.Flatten()),
        ]
        net = torch.nn.Module()
        net.p = torch.nn.Parameter(torch.ones(1))
        net.register_buffer("b", torch.ones(1))
        net.m = torch.nn.Identity()
        for handle in handles:
            handle.remove()
        return [calls, net.b, repr(net)]

    same(program)


# ---- printing and copying -----------------------------------------------------------------------------------------


def test_printed_forms_are_pytorchs() -> None:
    def program(torch: Any) -> list[str]:
        nn = torch.nn

        class Two(nn.Module):
            def extra_repr(self) -> str:
                return "a=1\nb=2"

        class Deep(nn.Module):
            def __init__(self) -> None:
                super().__init__()
                self.two = Two()
                self.none = None
                self.add_module("nothing", None)
                self.inner = nn.Sequential(OrderedDict(relu=nn.ReLU(), block=nn.Sequential(nn.Identity(), Two())))

        return [repr(small_net(torch)), repr(Two()), repr(Deep()), repr(nn.Module()), str(nn.Sequential())]

    same(program)


def test_a_deep_copy_is_independent_and_keeps_sharing() -> None:
    net = small_net(minitorch)
    twin = copy.deepcopy(net)
    assert twin.second.scale is twin.first.scale
    assert twin.first.scale is not net.first.scale
    twin.first.scale.data.fill_(0)
    assert net.first.scale.tolist() == [2.0, 3.0]
    assert list(twin.state_dict()) == list(net.state_dict())
    assert twin.first.seen is not net.first.seen


def test_a_module_survives_pickling() -> None:
    net = minitorch.nn.Sequential(minitorch.nn.Linear(2, 3), minitorch.nn.ReLU())
    back = pickle.loads(pickle.dumps(net))
    assert repr(back) == repr(net)
    assert back[0].weight.tolist() == net[0].weight.tolist()
    assert back[0].weight.requires_grad


def test_call_super_init_passes_arguments_on() -> None:
    def program(torch: Any) -> list[Any]:
        class Other:
            def __init__(self, name: str = "nobody") -> None:
                self.name = name

        class Mixed(torch.nn.Module, Other):
            call_super_init = True

        return [Mixed("ann").name, Mixed(name="bob").name, Mixed().name]

    same(program)
