"""Shapes, joining, taking apart, repeating and padding (PyTorch 2.13, measured)."""

from __future__ import annotations

import numpy as np
import pytest

import autograd as ag


def ramp(*shape):
    """1, 2, 3, … row by row, and a tensor of it that requires a gradient."""
    array = np.arange(1.0, 1 + np.prod(shape, dtype=int)).reshape(shape)
    return array, ag.tensor(array, requires_grad=True)


def parts(result):
    return list(result) if isinstance(result, (tuple, list)) else [result]


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda x: np.reshape(x, (3, 2)), (2, 3)),
        (np.ravel, (2, 3)),
        (np.squeeze, (1, 3, 1)),
        (lambda x: np.squeeze(x, axis=0), (1, 3, 1)),
        (lambda x: np.squeeze(x, (0, -1)), (1, 3, 1)),
        (lambda x: np.expand_dims(x, 1), (2, 3)),
        (lambda x: np.expand_dims(x, axis=(0, -1)), (2, 3)),
        (np.atleast_1d, ()),
        (np.atleast_2d, (3,)),
        (np.atleast_3d, (3,)),
        (np.atleast_3d, (2, 3)),
        (np.transpose, (2, 3, 4)),
        (lambda x: np.transpose(x, (1, 0, 2)), (2, 3, 4)),
        (lambda x: np.swapaxes(x, 0, 2), (2, 3, 4)),
        (np.matrix_transpose, (2, 3, 4)),
        (lambda x: np.moveaxis(x, 0, -1), (2, 3, 4)),
        (lambda x: np.moveaxis(x, (0, 1), (2, 0)), (2, 3, 4)),
        (np.copy, (2, 3)),
        (lambda x: np.broadcast_to(x, (2, 3)), (3,)),
        (lambda x: np.broadcast_arrays(x, np.ones((2, 1))), (3,)),
        (np.flip, (2, 3)),
        (lambda x: np.flip(x, axis=1), (2, 3)),
        (np.fliplr, (2, 3)),
        (np.flipud, (2, 3)),
        (np.rot90, (2, 3)),
        (lambda x: np.rot90(x, -1, axes=(1, 2)), (2, 3, 2)),
        (lambda x: np.roll(x, 2), (2, 3)),
        (lambda x: np.roll(x, 1, axis=(0, 1)), (2, 3)),
        (lambda x: np.roll(x, (1, -1), axis=1), (2, 3)),
        (lambda x: np.tile(x, 2), (2, 3)),
        (lambda x: np.tile(x, (2, 1, 2)), (3,)),
        (lambda x: np.repeat(x, 2), (2, 3)),
        (lambda x: np.repeat(x, [2, 0, 1], axis=1), (2, 3)),
        (lambda x: np.pad(x, 1), (2, 3)),
        (lambda x: np.pad(x, ((1, 0), (0, 2)), constant_values=5), (2, 3)),
        (lambda x: np.pad(x, (1, 2), mode="edge"), (2, 3)),
        (lambda x: np.pad(x, ((1, 1), (2, 0)), mode="reflect"), (2, 3)),
        (lambda x: np.pad(x, 2, mode="wrap"), (2, 3)),
        (lambda x: np.concatenate([x, x]), (2, 3)),
        (lambda x: np.concatenate((x, np.ones((2, 1))), axis=1), (2, 3)),
        (lambda x: np.concatenate([x, x], axis=None), (2, 3)),
        (lambda x: np.stack([x, 2 * x], axis=-1), (2, 3)),
        (lambda x: np.hstack([x, x]), (2, 3)),
        (lambda x: np.hstack([x, x]), (3,)),
        (lambda x: np.vstack([x, x]), (3,)),
        (lambda x: np.dstack([x, x]), (2, 3)),
        (lambda x: np.column_stack([x, x]), (3,)),
        (lambda x: np.split(x, 3, axis=1), (2, 3)),
        (lambda x: np.split(x, [1, 1]), (2, 3)),
        (lambda x: np.array_split(x, 2, axis=1), (2, 3)),
        (lambda x: np.hsplit(x, 2), (2, 4)),
        (lambda x: np.vsplit(x, [1]), (3, 2)),
        (lambda x: np.dsplit(x, 2), (1, 2, 4)),
        (lambda x: np.meshgrid(x, np.ones(2)), (3,)),
        (lambda x: np.meshgrid(x, np.ones(2), indexing="ij"), (3,)),
        (lambda x: np.diag(x, k=1), (3,)),
        (lambda x: np.diag(x, -1), (3, 2)),
        (np.diagflat, (2, 2)),
        (lambda x: np.diagonal(x, 1, axis1=2, axis2=0), (2, 2, 3)),
        (lambda x: np.tril(x, -1), (2, 3, 3)),
        (lambda x: np.triu(x, k=1), (3, 3)),
        (lambda x: np.take(x, [3, -1]), (2, 3)),
        (lambda x: np.take(x, [[0, 2]], axis=1), (2, 3)),
        (lambda x: np.take(x, 1, axis=0), (2, 3)),
        (lambda x: np.take_along_axis(x, np.array([[2], [0]]), axis=1), (2, 3)),
    ],
)
def test_numpys_functions_have_numpys_meaning_and_keep_the_graph(function, shape):
    array, tensor = ramp(*shape)
    wanted, found = parts(function(array)), parts(function(tensor))
    assert len(wanted) == len(found)
    for theirs, ours in zip(wanted, found, strict=True):
        np.testing.assert_array_equal(getattr(ours, "detach", lambda kept=ours: kept)(), theirs)
    sum((part * part).sum() for part in found if isinstance(part, ag.Tensor)).backward()
    assert tensor.grad.shape == shape


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda x: x.view(3, -1), (3, 8)),
        (lambda x: x.flatten(1), (2, 12)),
        (lambda x: x.flatten(0, -2), (6, 4)),
        (lambda x: x.flatten(start_dim=-1), (2, 3, 4)),
        (lambda x: x.unflatten(2, (2, -1)), (2, 3, 2, 2)),
        (lambda x: x.squeeze(1), (2, 3, 4)),
        (lambda x: x[:1].squeeze((0, 1)), (3, 4)),
        (lambda x: x.unsqueeze(-1), (2, 3, 4, 1)),
        (lambda x: x.unsqueeze(axis=0), (1, 2, 3, 4)),
        (lambda x: x.movedim((0, 1), (-1, 0)), (3, 4, 2)),
        (lambda x: x.expand(5, -1, 3, -1), (5, 2, 3, 4)),
        (lambda x: x.expand((2, 3, 4)), (2, 3, 4)),
        (lambda x: x.broadcast_to((5, -1, 3, -1)), (5, 2, 3, 4)),
        (lambda x: x[0, 0].expand_as(x), (2, 3, 4)),
        (lambda x: x.repeat(2, 1, 1, 3), (2, 2, 3, 12)),
        (lambda x: x.tile(2), (2, 3, 8)),
        (lambda x: x.tile((2, 1, 1, 1)), (2, 2, 3, 4)),
        (lambda x: x.sum().flatten(), (1,)),
        (lambda x: x.sum().squeeze(0), ()),
        (lambda x: ag.cat([x, ag.zeros(0)], 1), (2, 3, 4)),
        (lambda x: ag.row_stack([x[0], x[0]]), (6, 4)),
        (lambda x: x.narrow(1, 3, 0), (2, 0, 4)),
        (lambda x: ag.tensor_split(x, ag.tensor([1, 2]), 1)[2], (2, 1, 4)),
        (lambda x: ag.block_diag(x[0, 0], x[0], ag.tensor(1.0)), (5, 9)),
        (lambda x: ag.broadcast_tensors(x, ag.ones(4), ag.ones(3, 1))[1], (2, 3, 4)),
        (lambda x: ag.meshgrid([x[0, 0], x[0, :, 0]], indexing="xy")[0], (3, 4)),
    ],
)
def test_shapes_are_pytorchs(made, expected):
    _, tensor = ramp(2, 3, 4)
    assert made(tensor).shape == expected


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (lambda x: x.split(2), [[1, 2], [3, 4], [5]]),
        (lambda x: x.split(np.int64(3)), [[1, 2, 3], [4, 5]]),
        (lambda x: x.split([0, 5]), [[], [1, 2, 3, 4, 5]]),
        (lambda x: x.chunk(4), [[1, 2], [3, 4], [5]]),
        (lambda x: x[:0].chunk(3), [[], [], []]),
        (lambda x: x[:0].split(2), [[]]),
        (lambda x: x[:0].split(0), [[]]),
        (lambda x: x.tensor_split(3), [[1, 2], [3, 4], [5]]),
        (lambda x: x.tensor_split((1, 7)), [[1], [2, 3, 4, 5], []]),
        (lambda x: x.tensor_split((-2,)), [[1, 2, 3], [4, 5]]),
        (lambda x: x.tensor_split((3, 1)), [[1, 2, 3], [], [2, 3, 4, 5]]),
        (lambda x: x.hsplit([1]), [[1], [2, 3, 4, 5]]),
    ],
)
def test_pieces_are_pytorchs(pieces, expected):
    _, tensor = ramp(5)
    assert [piece.tolist() for piece in pieces(tensor)] == expected


@pytest.mark.parametrize(
    ("given", "mode", "expected"),
    [
        ((-2, 2), "reflect", [2, 3, 4, 3, 2]),
        ((2, -2), "reflect", [2, 1, 0, 1, 2]),
        ((4, 4), "reflect", [4, 3, 2, 1, 0, 1, 2, 3, 4, 3, 2, 1, 0]),
        ((-2, 4), "replicate", [2, 3, 4, 4, 4, 4, 4]),
        ((2, -2), "replicate", [0, 0, 0, 1, 2]),
        ((-2, 2), "circular", [2, 3, 4, 2, 3]),
        ((2, -2), "circular", [1, 2, 0, 1, 2]),
        ((-1, -1), "circular", [1, 2, 3]),
        ((1, -4), "constant", [0, 0]),
        ((0, 0), "reflect", [0, 1, 2, 3, 4]),
    ],
)
def test_padding_is_pytorchs(given, mode, expected):
    assert ag.pad(ag.tensor([0.0, 1, 2, 3, 4]), given, mode).tolist() == expected


def test_a_border_adds_up_in_the_gradient():
    x = ag.tensor([1.0, 2.0, 3.0], requires_grad=True)
    ag.pad(x, (2, 1), "reflect").backward(np.array([1.0, 2, 4, 8, 16, 32]))
    assert x.grad.tolist() == [4, 2 + 8 + 32, 1 + 16]


@pytest.mark.parametrize(
    ("use", "error", "words"),
    [
        (lambda x: x.view(5), ValueError, "do not fill"),
        (lambda x: x.view(np.float32), TypeError, "are integers"),
        (lambda x: x.flatten(1, 0), RuntimeError, "comes after"),
        (lambda x: x.unflatten(1, (2, -1)), RuntimeError, "do not multiply up to the 3"),
        (lambda x: x.unflatten(1, (-1, -1)), RuntimeError, "one of them may be -1"),
        (lambda x: x.squeeze(2), IndexError, "go from -2 to 1"),
        (lambda x: x.squeeze((0, 0)), RuntimeError, "named twice"),
        (lambda x: np.squeeze(x, 0), ValueError, "not of size 1"),
        (lambda x: x.unsqueeze(3), IndexError, "go from -3 to 2"),
        (lambda x: x.expand(3), RuntimeError, "at least as many sizes"),
        (lambda x: x.expand(-1, 2, 3), RuntimeError, "no size to keep"),
        (lambda x: x.flip(0, 0), RuntimeError, "named twice"),
        (lambda x: x.roll((1, 2), 0), RuntimeError, "one shift for each"),
        (lambda x: x.repeat(2), RuntimeError, "at least as many"),
        (lambda x: x.repeat_interleave(1.5), RuntimeError, "repeats is an integer"),
        (lambda x: ag.pad(x, (1, 1, 1)), RuntimeError, "last dimension first"),
        (lambda x: ag.pad(x, (3, 0), "reflect"), RuntimeError, "at most 2"),
        (lambda x: ag.pad(x, (4, -1), "circular"), RuntimeError, "at most 2"),
        (lambda x: ag.pad(x, (1, 1), "edge"), ValueError, "one of constant"),
        (lambda x: ag.cat(x), TypeError, "list or tuple"),
        (lambda x: ag.cat([]), ValueError, "is empty"),
        (lambda x: ag.cat([x, x], 2), IndexError, "go from -2 to 1"),
        (lambda x: ag.stack([x, x], 3), IndexError, "go from -3 to 2"),
        (lambda x: x.sum().split(1), RuntimeError, "taken apart"),
        (lambda x: x.unbind(2), IndexError, "out of bounds"),
        (lambda x: np.split(x, 2, axis=1), ValueError, "equal parts"),
        (lambda x: x.vsplit(3), RuntimeError, "equal parts"),
        (lambda x: ag.meshgrid(x), RuntimeError, "vectors"),
        (lambda x: x.movedim((0, 1), (0,)), RuntimeError, "as many of each"),
        (lambda x: x.diag(0).diag(0).diag_embed().unsqueeze(0).diag(), RuntimeError, "vector or"),
        (lambda x: x[0].tril(), RuntimeError, "at least two"),
    ],
)
def test_errors_teach_and_are_the_builtin_one(use, error, words):
    _, tensor = ramp(2, 3)
    with pytest.raises(error, match=words) as caught:
        use(tensor)
    assert isinstance(caught.value, ag.GlassError)


@pytest.mark.parametrize(
    ("cast", "dtype"),
    [
        ("float", np.float32),
        ("double", np.float64),
        ("half", np.float16),
        ("long", np.int64),
        ("int", np.int32),
        ("bool", np.bool_),
    ],
)
def test_dtypes_by_name(cast, dtype):
    x = ag.tensor([1.7, -1.7, 0.0], requires_grad=True)
    found = getattr(x, cast)()
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.data, x.data.astype(dtype))
    assert found.requires_grad == (found.dtype.kind == "f")
    if found.requires_grad:
        found.backward(np.ones(3))
        assert x.grad.dtype == np.float64


def test_a_tensor_names_a_dtype():
    x, y = ag.tensor([1.0]), ag.tensor([2.0], dtype=np.float32)
    assert x.to(y).dtype == x.type_as(y).dtype == ag.to(x, np.float32).dtype == np.float32
    assert x.to("float16").dtype == np.float16
    with pytest.raises(ag.DTypeError, match="complex"):
        x.to(complex)
    with pytest.raises(ag.ArgumentError):
        x.to("cuda")


def test_float32_and_float64_meet_when_joined():
    single, double = ag.ones(2, dtype=np.float32), ag.ones(2)
    assert ag.cat([single, double]).dtype == np.float64
    assert ag.stack([single, ag.tensor([1, 2])]).dtype == np.float32
    assert ag.hstack([single, single]).dtype == np.float32


@pytest.mark.parametrize(
    "look",
    [
        lambda x: x.reshape(6),
        lambda x: x.view(3, 2),
        lambda x: x.flatten(),
        lambda x: x.ravel(),
        lambda x: x.unsqueeze(0),
        lambda x: x.unsqueeze(0).squeeze(),
        lambda x: x.unflatten(1, (3, 1)),
        lambda x: x.T,
        lambda x: x.permute(1, 0),
        lambda x: x.movedim(0, 1),
        lambda x: x.flip(0),
        lambda x: x.rot90(),
        lambda x: x.split(1)[1],
        lambda x: x.unbind(1)[2],
        lambda x: x.narrow(1, 1, 2),
        lambda x: x.select(0, 1),
        lambda x: x.diagonal(),
        lambda x: x.contiguous(),
    ],
)
def test_views_look_into_the_same_memory(look):
    base = ag.tensor(np.zeros((2, 3)))
    view = look(base)
    assert np.shares_memory(view.data, base.data)
    view += 1
    assert base.data.sum() == view.numel()


def test_contiguous_copies_where_the_order_in_memory_is_another():
    base, _ = ramp(2, 3)
    found = ag.contiguous(ag.tensor(base).T)
    assert found.data.flags.c_contiguous
    np.testing.assert_array_equal(found.data, base.T)
    assert ag.tensor(base).T.clone().data.flags.c_contiguous


def test_a_sequence_of_thousands_of_steps_is_taken_apart_at_once():
    x = ag.tensor(np.ones((2000, 3)), requires_grad=True)
    total = sum(step.sum() * place for place, step in enumerate(x.unbind()))
    total.backward()
    np.testing.assert_array_equal(x.grad.data[:, 0], np.arange(2000))
