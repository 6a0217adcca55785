"""What a caller can see of a function of tensors: results, what became of the arguments, and who shares memory with whom.

Two observations of the same arguments are compared, bit by bit or but for rounding. A difference is a line that begins with its kind:
`output`, `input`, `alias` (elements are shared by other pairs; this is what a write into an output would leak into), `storage` (the
same for whole storages), `beside` (what lies in an input's storage and in no input), `layout` (strides or offset of an output), `error`.
"""
import torch


def fresh(values):
    """Copies that keep layout, offset and what lies between the elements; tensors of one storage stay in one."""
    storages = {}

    def copy(value):
        if not isinstance(value, torch.Tensor):
            return value
        storage = value.untyped_storage()
        if storage._cdata not in storages:
            storages[storage._cdata] = storage.clone()
        new = torch.empty(0, dtype=value.dtype).set_(storages[storage._cdata], value.storage_offset(), value.shape, value.stride())
        return new.conj() if value.is_conj() else new

    return [copy(value) for value in values]


def addresses(tensor):
    offsets = torch.zeros(1, dtype=torch.int64)
    for size, stride in zip(tensor.shape, tensor.stride()):
        offsets = (offsets[:, None] + torch.arange(size)[None] * stride).reshape(-1)
    size = tensor.element_size()
    return set((tensor.data_ptr() + offsets[:, None] * size + torch.arange(size)).reshape(-1).tolist())


def sharing(tensors):
    """(pairs (i, j) with an element in common, pairs in one storage); positions without a tensor share nothing."""
    storages = {}
    for i, tensor in enumerate(tensors):
        if isinstance(tensor, torch.Tensor) and tensor.numel():
            storages.setdefault(tensor.untyped_storage().data_ptr(), []).append(i)
    elements, stored = set(), set()
    for group in storages.values():
        if len(group) == 1:
            continue
        touched = {i: addresses(tensors[i]) for i in group}
        pairs = {(i, j) for i in group for j in group if j < i}
        stored |= pairs
        elements |= {(i, j) for i, j in pairs if touched[i] & touched[j]}
    return elements, stored


def beside(inputs):
    """The bytes of the inputs' storages that belong to no input."""
    storages = {}
    for value in inputs:
        if isinstance(value, torch.Tensor) and value.untyped_storage().nbytes() > value.numel() * value.element_size():
            storages.setdefault(value.untyped_storage().data_ptr(), value.untyped_storage())
    touched = set().union(*(addresses(v) for v in inputs if isinstance(v, torch.Tensor))) if storages else set()
    return [bytes(b for k, b in enumerate(storage) if start + k not in touched) for start, storage in storages.items()]


def layout(value):
    """(strides that say something and lazy bits, offset)."""
    if not isinstance(value, torch.Tensor) or not value.numel():
        return None, 0
    return ([s for n, s in zip(value.shape, value.stride()) if n > 1], value.is_conj(), value.is_neg()), value.storage_offset()


def other_layout(old, new):
    """A functional copy or scatter keeps the offset of its base, which nobody asked for: that it becomes 0 is no difference."""
    return old[0] != new[0] or new[1] not in (old[1], 0)


def same(old, new, exact=False):
    """Any NaN is like any other. Not `exact`: a kernel may round otherwise when an operand has other strides, and then 0.0 may be -0.0."""
    if not isinstance(old, torch.Tensor) or not isinstance(new, torch.Tensor):
        return type(old) is type(new) and old == new
    if old.shape != new.shape or old.dtype != new.dtype:
        return False
    if not old.is_floating_point() and not old.is_complex():
        return torch.equal(old, new)
    if not exact:
        if torch.equal(old, new):
            return True
        finite = old.isfinite() & new.isfinite()
        close = torch.isclose(old, new, rtol=1e-5, atol=1e-6, equal_nan=True)   # by parts, infinities of a complex product are anyone's guess
        return bool((close | ~finite & (old.isfinite() == new.isfinite()) if old.is_complex() else close).all())
    if old.is_complex():
        return all(same(part(old.resolve_conj()), part(new.resolve_conj()), exact) for part in (torch.real, torch.imag))
    return bool(((old == new) & (torch.signbit(old) == torch.signbit(new)) | old.isnan() & new.isnan()).all())


def shown(value):
    return f"{str(value.dtype).removeprefix('torch.')} {value.tolist()}" if isinstance(value, torch.Tensor) else str(value)


class Observation:
    """What `function` did when it was called with copies of the arguments; `error` when it raised."""

    def __init__(self, function, arguments):
        self.inputs, self.outputs, self.error = fresh(arguments), (), None
        torch.use_deterministic_algorithms(True, warn_only=True)   # fills what `empty` makes
        try:
            outputs = function(*self.inputs)
        except Exception as error:   # noqa: BLE001 - whatever a caller would see
            self.error = error
            return
        finally:
            torch.use_deterministic_algorithms(False)
        self.outputs = tuple(outputs) if isinstance(outputs, (tuple, list)) else (outputs,)
        self.elements, self.storages = sharing([*self.outputs, *self.inputs])
        shared = {b for a, b in self.storages if a >= len(self.outputs) > b}   # with an input
        moved = any(isinstance(value, torch.Tensor) and value.storage_offset() for value in self.inputs)
        # A functional copy or scatter keeps the offset of its base, which may be that of an input: nothing states it.
        self.layouts = [layout(value) if i in shared or not moved else (layout(value)[0], 0) for i, value in enumerate(self.outputs)]
        self.beside = beside(self.inputs)


def compare(old, new, exact=False):
    """The lines that say how two observations differ; `exact`: by rounding too."""
    if old.error or new.error:
        return [] if old.error and new.error else [f"error: {old.error or new.error}"]
    if len(old.outputs) != len(new.outputs):
        return [f"output: {len(new.outputs)} of them, not {len(old.outputs)}"]
    lines = []
    for kind, befores, afters in (("output", old.outputs, new.outputs), ("input", old.inputs, new.inputs)):
        lines += [f"{kind} {i}: {shown(before)} became {shown(after)}" for i, (before, after) in enumerate(zip(befores, afters)) if not same(before, after, exact)]
    for kind, before, after in (("alias", old.elements, new.elements), ("storage", old.storages, new.storages)):
        if before != after:
            lines.append(f"{kind}: shared by {sorted(after)}, not by {sorted(before)} (outputs, then inputs)")
    if old.beside != new.beside:
        lines.append("beside: memory beside an input was written")
    lines += [f"layout of output {i}: {before} became {after}" for i, (before, after) in enumerate(zip(old.layouts, new.layouts)) if other_layout(before, after)]
    return lines


def differences(before, after, inputs):
    """How two functions differ on the same inputs, bit by bit."""
    return compare(Observation(before, inputs), Observation(after, inputs), exact=True)
