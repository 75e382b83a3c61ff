"""Typed storages and the interface of untyped ones, held against PyTorch."""

from __future__ import annotations

import pytest
from statements import check_statements

BYTES = [
    "s is x.untyped_storage()", "s is x[1:].untyped_storage()", "s is x.data.untyped_storage()",
    "s == torch.arange(4.).untyped_storage()", "s._cdata == x.untyped_storage()._cdata", "s.nbytes()", "len(s)",
    "s[0]", "s[-1]", "s[99]", "s['a']", "s[0:4].tolist()", "s[1.5]", "s[::2]", "list(s)", "s.tolist()", "s.device",
    "s.is_cuda", "s.is_hpu", "s.is_shared()", "s.is_pinned()", "s.data_ptr() == x.data_ptr()", "s.element_size()",
    "s.type()", "s.cpu() is s", "s.clone().tolist()", "s.clone() is s", "s.filename", "s.resizable()",
    "s.untyped() is s", "s.get_device()", "s.pin_memory()", "s.fill_(300).tolist()", "s.fill_(-1)", "s.fill_('a')",
    "s.fill_(1.5)", "s.copy_(1)", "s.copy_(torch.zeros(4).untyped_storage()) is s",
    "s.copy_(torch.zeros(3).untyped_storage())", "s.resize_(-1)", "s.resize_('a')", "s.resize_(1.5)",
    "s.resize_(3).nbytes()", "torch.UntypedStorage()", "torch.UntypedStorage(4).nbytes()", "torch.UntypedStorage([1])",
    "torch.UntypedStorage([1, 300])", "torch.UntypedStorage('a')", "torch.UntypedStorage(2, 3)",
    "torch.UntypedStorage(1.5)", "torch.UntypedStorage(-2)", "torch.UntypedStorage(None)", "torch.UntypedStorage([.5])",
    "torch.UntypedStorage(torch.ones(2))", "s.__setitem__(0, 300) or s", "s.__setitem__(0, 1.5)",
    "s.__setitem__(99, 1)", "s.__setitem__(slice(0, 2), 7) or s", "s.__setitem__('a', 7)", "type(s).__name__",
    "copy.deepcopy(s) is s", "copy.copy(s).tolist() == s.tolist()", "copy.copy(s)._cdata == s._cdata", "bool(s)",
    "bool(torch.UntypedStorage())", "s + s",
]  # fmt: skip
ELEMENTS = [
    "t", "t.dtype", "t.size()", "len(t)", "t.nbytes()", "t[1]", "t[-1]", "t[9]", "t['a']", "t[0:2]", "t[1.5]",
    "t.tolist()", "list(t)", "t.element_size()", "t.type()", "t.is_cuda", "t.device", "t.data_ptr() == x.data_ptr()",
    "t.untyped() is s", "t._untyped_storage is s", "t == x._typed_storage()", "t._cdata == s._cdata", "t.clone()",
    "t.double()", "t.int()", "t.bool()", "t.complex_float()", "t.half()", "t.bfloat16().dtype", "t.cpu() is t",
    "t.fill_(3)", "t.fill_('a')", "t.copy_(torch.ones(4)._typed_storage())", "t.copy_(s)", "t.copy_(1)",
    "t.copy_(torch.ones(4, dtype=torch.long)._typed_storage())", "t.copy_(torch.ones(3)._typed_storage())",
    "t.resize_(6)", "t.resize_('a')", "t.resize_(2) or t", "t.is_shared()", "t.share_memory_() is t", "t.pin_memory()",
    "t.is_pinned()", "t.pickle_storage_type()", "t.resizable()", "t.get_device()", "t.filename", "torch.TypedStorage()",
    "torch.TypedStorage(2, dtype=torch.int32).nbytes()", "torch.TypedStorage([1, 2], dtype=torch.int32)",
    "torch.TypedStorage([1, 2])", "torch.TypedStorage(wrap_storage=s, dtype=torch.int32)",
    "torch.TypedStorage(wrap_storage=s)", "torch.TypedStorage(wrap_storage=1, dtype=torch.int32)",
    "torch.TypedStorage(1, 2)", "torch.FloatStorage([1, 2])", "torch.FloatStorage()", "torch.FloatStorage.dtype",
    "torch.FloatStorage.from_buffer(b'abcd', 'little')", "torch.FloatStorage.from_buffer(b'abcd', 'big')",
    "torch.LongStorage([1])", "torch.FloatStorage('a')", "isinstance(t, torch.FloatStorage)",
    "isinstance(t, torch.LongStorage)", "isinstance(torch.FloatStorage(2), torch.FloatStorage)",
    "torch.is_storage(t), torch.is_storage(s), torch.is_storage(x)", "x.storage_type().__name__",
    "torch.ones(2, dtype=torch.uint16)._typed_storage()", "torch.ones(2, dtype=torch.uint16)._typed_storage().type()",
    "x.storage()", "copy.deepcopy(t)", "pickle.loads(pickle.dumps(t))", "t.__setitem__(0, 7) or (x, x._version)",
]  # fmt: skip


@pytest.mark.parametrize("expression", BYTES)
def test_an_untyped_storage_is_a_block_of_bytes(expression):
    check_statements(f"x = torch.arange(4.); s = x.untyped_storage(); {expression}")


@pytest.mark.parametrize("expression", ELEMENTS)
def test_a_typed_storage_has_elements(expression):
    check_statements(f"x = torch.arange(4.); s = x.untyped_storage(); t = x._typed_storage(); {expression}")


@pytest.mark.parametrize("source", [
    "x = torch.ones(4); v = x[1:]; v.add_(1); x.resize_(50); v.fill_(7); x[:4]",
    "x = torch.ones(4); d = x.data; x.resize_(50); d.fill_(7); x[:4]",
    "x = torch.ones(4); d = x.data; d.add_(0); d.resize_(50); x.fill_(7); d[:4]",
    "x = torch.ones(4); d = x.detach(); d.resize_(50); d.fill_(7); (x[:4], x.untyped_storage().nbytes())",
    "x = torch.ones(4); x.untyped_storage().resize_(32); x.fill_(2); (x, x.untyped_storage().nbytes(), x._version)",
    "x = torch.ones(4); y = torch.zeros(1).set_(x); y.add_(1); x.untyped_storage().resize_(32); y.fill_(5); x",
    "x = torch.from_numpy(np.ones(2)); x.resize_(9)", "x = torch.from_numpy(np.ones(4)); x.resize_(2)",
    "x = torch.from_numpy(np.ones(4)); x.untyped_storage().resizable()",
    "x = torch.frombuffer(bytearray(b'abcd'), dtype=torch.uint8); x.resize_(9)",
])  # fmt: skip
def test_all_tensors_over_a_block_see_it_grow(source):
    check_statements(source)
