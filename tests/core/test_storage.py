"""Storage: the bytes under a tensor, held against ``torch.UntypedStorage``."""

from __future__ import annotations

import copy
import weakref

import pytest
from engines import same
from outcomes import check_outcome, programs
from statements import check_statements

import minitorch

READING = programs(
    "torch, x",
    "repr(torch.tensor([1, 2], dtype=torch.int16).untyped_storage())", "str(torch.tensor([]).untyped_storage())",
    "torch.tensor([1, -2], dtype=torch.int16).untyped_storage().tolist()", "x.untyped_storage()[3]",
    "x.untyped_storage()[-1]", "x.untyped_storage()[100]", "x.untyped_storage()['a']", "list(x.untyped_storage())",
    "len(x[1:].untyped_storage())", "x.untyped_storage().nbytes()", "x.untyped_storage().size()",
    "x.untyped_storage().element_size()", "x.untyped_storage().device", "x.untyped_storage().clone().tolist()",
    "x.untyped_storage().is_cuda", "bool(x.untyped_storage())", "bool(torch.empty(0).untyped_storage())",
    "torch.empty(0).untyped_storage().data_ptr()", "x.untyped_storage().untyped().nbytes()",
    "x.bfloat16().untyped_storage().tolist()", "torch.ones(2).to(torch.float8_e5m2).untyped_storage().tolist()",
    "torch.empty(0).data_ptr()", "x[2:].data_ptr()", "x[:, 1:].untyped_storage().data_ptr() == x.data_ptr()",
    "x.t().untyped_storage().nbytes()", "x.expand(100, 2, 3).untyped_storage().nbytes()",
)  # fmt: skip


@pytest.mark.parametrize("program", READING)
def test_the_bytes_under_a_tensor_are_pytorchs(program):
    check_outcome(program, (2, 3), grad=False)


def test_writing_bytes_changes_the_tensors_above():
    def program(torch, x):
        small = torch.zeros(3, dtype=torch.uint8)
        small.untyped_storage()[1] = 7
        filled = torch.zeros(2, dtype=torch.int16)
        filled.untyped_storage().fill_(1)
        return small, filled

    check_outcome(program, (2, 3), grad=False)


def test_views_share_one_storage_and_its_version():
    def program(torch, x):
        view = x.t()[1:]
        view.add_(1)
        shared = x.untyped_storage().data_ptr() == view.untyped_storage().data_ptr()
        return shared, x._version, view._version, x.detach()._version, x.clone()._version

    check_outcome(program, (2, 3), grad=False)


def test_a_copied_storage_has_memory_of_its_own():
    def program(torch, x):
        storage = x.untyped_storage()
        for twin in (storage.clone(), copy.deepcopy(storage)):
            twin.fill_(255)
        return x

    check_outcome(program, (2, 3), grad=False)


def test_writes_to_inference_memory_are_not_counted():
    def program(torch, x):
        with torch.inference_mode():
            inside = torch.zeros(3)
            inside.add_(1)
        return inside.is_inference(), inside

    check_outcome(program, (2, 3))
    with minitorch.inference_mode():
        assert minitorch.zeros(3).add_(1).untyped_storage().version == 0


SHARING = [
    "copy.deepcopy(torch.ones(4)[1:]).untyped_storage().nbytes()",
    "pickle.loads(pickle.dumps(torch.arange(6.)[2:])).untyped_storage().nbytes()",
    "copy.deepcopy(torch.ones(2).untyped_storage()).nbytes()",
    "x=torch.from_numpy(np.ones(5)[2:]); (x.storage_offset(),x.untyped_storage().nbytes())",
    "x=torch.from_numpy(np.ones((4,5))[1:,::2]); (x.storage_offset(),x.untyped_storage().nbytes(), x.stride())",
    "z=torch.tensor([1+2j]).conj(); z.untyped_storage().nbytes()",
    "x=torch.ones(3); x.storage()[0]=5; (x,x._version)",
    "x=torch.ones(3); s=x.untyped_storage(); s.fill_(0); (x,x._version)",
    "x=torch.ones(3); x.untyped_storage()._cdata==x.data.untyped_storage()._cdata",
    "x=torch.ones(3); x.untyped_storage()._cdata==x.clone().untyped_storage()._cdata",
    "x=torch.ones(3); y=copy.copy(x); x.untyped_storage()._cdata==y.untyped_storage()._cdata",
    "x=torch.ones(3); y=torch.from_numpy(x.numpy()); x.untyped_storage()._cdata==y.untyped_storage()._cdata",
]  # fmt: skip


@pytest.mark.parametrize("source", SHARING)
def test_storages_are_shared_and_written_as_in_pytorch(source):
    check_statements(source)


VERSIONS = [
    "a=torch.zeros(4); b=a[:1]; d=a.detach(); b.data=torch.ones(2); b.mul_(2); r=(a._version,b._version,d._version,a)",
    "a=torch.zeros(4); b=a[:2]; a.data=torch.ones(3); a.mul_(2); b.mul_(3); r=(a._version,b._version,a,b)",
    "a=torch.zeros(4); b=a[:2]; c=torch.ones(3); a.set_(c); b.add_(1); c.add_(1); r=(a._version,b._version,c._version)",
    "a=torch.zeros(4); x=a.data; x.add_(1); a.data=x; a.add_(1); r=(a._version,x._version,a,x)",
    "a=torch.zeros(2); b=a[:1]; a.data=torch.ones(2); a.data=torch.ones(3); b.add_(1); r=(a._version,b._version)",
    "a=torch.zeros(2); a.set_(a); r=a._version",
]  # fmt: skip


@pytest.mark.parametrize("source", VERSIONS)
def test_views_count_together_even_in_different_memory(source):
    def program(torch):
        names = {"torch": torch}
        exec(source, names)
        return names["r"]

    same(program)


def test_data_of_a_parameter_can_be_replaced_without_keeping_the_old_memory():
    x = minitorch.zeros(1000)
    first = weakref.ref(x._storage)
    for _ in range(3):
        x.data = x.data * 2
    assert first() is None
