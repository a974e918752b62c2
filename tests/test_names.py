"""The names that "complete" means: as functions, as methods of `Tensor`, and through NumPy."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

import autograd as ag


def words(text: str) -> list[str]:
    return text.split()


T0 = {
    "arithmetic": """add sub mul true_divide div neg abs sign square sqrt rsqrt reciprocal pow
        remainder fmod floor ceil round trunc maximum minimum clamp where""",
    "exponentials and angles": """exp exp2 expm1 log log2 log10 log1p sin cos tan asin acos atan
        sinh cosh tanh asinh acosh atanh atan2 sigmoid erf""",
    "comparison and logic": """eq ne lt le gt ge logical_and logical_or logical_not logical_xor
        isnan isinf isfinite all any""",
    "reductions": """sum mean prod max min amax amin argmax argmin var std logsumexp norm
        vector_norm cumsum cumprod""",
    "shape": """reshape view flatten unflatten ravel transpose permute T t squeeze unsqueeze expand
        expand_as broadcast_to movedim narrow flip roll repeat tile pad contiguous clone to""",
    "joining and splitting": "cat stack split chunk unbind",
    "indexing": """__getitem__ __setitem__ select index_select gather scatter scatter_add index_add
        index_put take_along_dim masked_fill masked_select diag diagonal tril triu sort topk
        argsort""",
    "contraction": "matmul mm bmm mv dot outer einsum addmm baddbmm multi_dot",
    "layers": """linear conv1d conv2d conv_transpose1d conv_transpose2d unfold fold max_pool1d
        max_pool2d avg_pool1d avg_pool2d adaptive_avg_pool1d adaptive_avg_pool2d batch_norm
        layer_norm group_norm embedding dropout normalize cosine_similarity one_hot""",
    "activations": """relu leaky_relu elu gelu silu softplus softsign hardtanh relu6 logsigmoid
        softmax log_softmax""",
    "losses": """mse_loss l1_loss smooth_l1_loss huber_loss cross_entropy nll_loss
        binary_cross_entropy binary_cross_entropy_with_logits kl_div""",
    "creation": """zeros ones full eye arange linspace zeros_like ones_like full_like empty_like
        rand_like randn_like randint_like tril_indices triu_indices meshgrid rand randn randint""",
}

T1 = {
    "linear algebra": """solve inv det slogdet logdet cholesky cholesky_solve eigh eigvalsh svd
        svdvals qr pinv lstsq tensordot kron inner vdot vecdot cross trace solve_triangular
        matrix_norm matrix_power matrix_exp vander tensorinv tensorsolve""",
    "elementwise": """fmax fmin hypot logaddexp logaddexp2 erfc erfinv lgamma digamma polygamma
        sinc sgn copysign frac deg2rad rad2deg xlogy xlog1py entr logit lerp addcmul addcdiv
        nan_to_num float_power heaviside nextafter i0 cbrt""",
    "reductions and scans": """nansum nanmean median nanmedian quantile nanquantile mode var_mean
        std_mean count_nonzero aminmax kthvalue cummax cummin logcumsumexp diff trapezoid
        cumulative_trapezoid dist cdist pdist renorm histc bincount""",
    "shape and index": """as_strided hstack vstack dstack column_stack hsplit vsplit dsplit
        tensor_split split_with_sizes swapaxes fliplr flipud rot90 repeat_interleave diag_embed
        diagflat diagonal_scatter select_scatter slice_scatter index_fill index_copy take put
        masked_scatter scatter_reduce atleast_1d atleast_2d atleast_3d block_diag nonzero argwhere
        searchsorted bucketize unique combinations cartesian_prod broadcast_tensors cov corrcoef
        interpolate""",
    "layers": """conv3d conv_transpose3d adaptive_max_pool1d adaptive_max_pool2d
        adaptive_max_pool3d adaptive_avg_pool3d max_unpool1d max_unpool2d max_unpool3d max_pool3d
        avg_pool3d instance_norm rms_norm local_response_norm bilinear pixel_shuffle
        pixel_unshuffle embedding_bag""",
    "activations": """prelu selu celu glu mish hardswish softshrink hardshrink tanhshrink
        hardsigmoid threshold softmin rrelu scaled_dot_product_attention""",
    "losses": """margin_ranking_loss multi_margin_loss soft_margin_loss multilabel_margin_loss
        hinge_embedding_loss cosine_embedding_loss triplet_margin_loss poisson_nll_loss
        gaussian_nll_loss ctc_loss pairwise_distance multilabel_soft_margin_loss""",
}

METHODS_ONLY = {"__getitem__": "getitem", "__setitem__": "setitem", "T": "t", "view": "reshape"}
"""What has no function in PyTorch, and the operation that it is."""

METHODS = words("""
    add sub mul true_divide div neg abs sign square sqrt rsqrt reciprocal pow remainder fmod
    floor ceil round trunc maximum minimum clamp where exp exp2 expm1 log log2 log10 log1p sin
    cos tan asin acos atan sinh cosh tanh asinh acosh atanh atan2 sigmoid erf eq ne lt le gt ge
    logical_and logical_or logical_not logical_xor isnan isinf isfinite all any sum mean prod
    max min amax amin argmax argmin var std logsumexp norm cumsum cumprod reshape view flatten
    unflatten ravel transpose permute T t squeeze unsqueeze expand expand_as broadcast_to
    movedim narrow flip roll repeat tile contiguous clone to split chunk unbind __getitem__
    __setitem__ select index_select gather scatter scatter_add index_add index_put
    take_along_dim masked_fill masked_select diag diagonal tril triu sort topk argsort matmul mm
    bmm mv dot outer addmm baddbmm relu softmax log_softmax logaddexp lerp addcmul addcdiv xlogy
    erfinv lgamma digamma median quantile diff cummax cummin logcumsumexp repeat_interleave
    scatter_reduce det slogdet cholesky kron inner cross trace prelu hardshrink mode renorm histc
    heaviside float_power nextafter i0 matrix_exp as_strided split_with_sizes diagonal_scatter
    select_scatter slice_scatter put cov corrcoef
""")
"""The names above that are methods of ``torch.Tensor``, too (but for its outdated svd and qr)."""


X = np.array([[0.5, 0.25, -0.75], [0.125, -0.5, 0.875]])
POSITIVE = np.abs(X) + 1.0
SQUARE = np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.25], [0.5, 0.25, 2.0]])
VECTOR = np.array([0.5, -1.5, 2.0])


def names(tier: dict[str, str]) -> list[str]:
    return [name for group in tier.values() for name in words(group)]


def test_the_core_is_195_names():
    assert len(names(T0)) == len(set(names(T0))) == 195
    assert not set(names(T0)) & set(names(T1))
    assert set(METHODS) <= {*names(T0), *names(T1)}


@pytest.mark.parametrize("name", [n for n in names(T0) + names(T1) if n not in METHODS_ONLY])
def test_every_name_is_a_registered_operation(name):
    operation = {alias: op for op in ag.operations() for alias in (op.name, *op.aliases)}[name]
    assert getattr(ag, name) is operation.function
    assert inspect.getdoc(getattr(ag, name))


@pytest.mark.parametrize("name", METHODS)
def test_every_method_of_pytorch_is_one_here(name):
    ours = getattr(ag.Tensor, name)
    assert callable(ours) or isinstance(ours, property)


def test_what_is_a_method_only_lands_in_the_graph():
    x = ag.tensor(np.ones((2, 3)), requires_grad=True)
    assert [x[0].node.op.name, x.view(6).node.op.name] == ["getitem", "reshape"]
    assert x.T.shape == (3, 2)
    y = x * 1.0
    y[0] = 5.0
    assert y.node.op.name == "setitem"


@pytest.mark.parametrize(
    ("name", "arguments", "fields"),
    [
        ("max", (0,), "values indices"),
        ("min", (0,), "values indices"),
        ("median", (0,), "values indices"),
        ("sort", (), "values indices"),
        ("topk", (1,), "values indices"),
        ("cummax", (0,), "values indices"),
        ("cummin", (0,), "values indices"),
        ("slogdet", (), "sign logabsdet"),
        ("eigh", (), "eigenvalues eigenvectors"),
        ("svd", (), "U S Vh"),
        ("qr", (), "Q R"),
        ("lstsq", (SQUARE,), "solution residuals rank singular_values"),
    ],
)
def test_several_results_have_pytorchs_names(name, arguments, fields):
    result = getattr(ag, name)(ag.tensor(SQUARE), *arguments)
    assert isinstance(result, tuple)
    assert result._fields == tuple(words(fields))


# --- operators and Python's protocols -----------------------------------------------------


@pytest.mark.parametrize(
    ("written", "name"),
    [
        (lambda x, y: x + y, "add"),
        (lambda x, y: 2 + x, "add"),
        (lambda x, y: x - y, "sub"),
        (lambda x, y: 2 - x, "sub"),
        (lambda x, y: x * y, "mul"),
        (lambda x, y: 2 * x, "mul"),
        (lambda x, y: x / y, "true_divide"),
        (lambda x, y: 2 / x, "true_divide"),
        (lambda x, y: x**y, "pow"),
        (lambda x, y: 2**x, "pow"),
        (lambda x, y: x % y, "remainder"),
        (lambda x, y: 2 % x, "remainder"),
        (lambda x, y: x // y, "floor_divide"),
        (lambda x, y: 2 // x, "floor_divide"),
        (lambda x, y: x @ y, "matmul"),
        (lambda x, y: np.ones(3) @ x, "matmul"),
        (lambda x, y: -x, "neg"),
        (lambda x, y: abs(x), "abs"),
    ],
)
def test_operators_are_drawn_as_they_are_written(written, name):
    x, y = (ag.tensor([1.5, 2.5, 0.5], requires_grad=True) for _ in range(2))
    assert written(x, y).node.op.name == name


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (lambda x: x == 2, [False, True]),
        (lambda x: x != 2, [True, False]),
        (lambda x: x < 2, [True, False]),
        (lambda x: x <= 2, [True, True]),
        (lambda x: x > 1, [False, True]),
        (lambda x: x >= 2, [False, True]),
        (lambda x: ~(x > 1), [True, False]),
        (lambda x: (x > 0) & (x > 1), [False, True]),
        (lambda x: (x > 1) | (x > 2), [False, True]),
        (lambda x: (x > 1) ^ (x > 0), [True, False]),
    ],
)
def test_comparisons_and_logic_give_tensors_without_gradient(written, expected):
    result = written(ag.tensor([1.0, 2.0], requires_grad=True))
    assert result.tolist() == expected
    assert not result.requires_grad


# --- through NumPy ------------------------------------------------------------------------

UNARY = words("""
    negative absolute fabs sign square floor ceil trunc rint exp exp2 expm1 sin cos tan arcsin
    arccos arctan sinh cosh tanh arcsinh arctanh positive ravel transpose sum mean prod max min
    amax amin var std cumsum cumprod copy squeeze tril triu sort median diff trace diagonal
    linalg.norm linalg.vector_norm linalg.matrix_norm atleast_3d flip fliplr flipud linalg.pinv
    linalg.svdvals matrix_transpose
""")
POSITIVES = ["sqrt", "reciprocal", "log", "log2", "log10", "log1p", "arccosh", "cbrt"]
BINARY = words("""
    add subtract multiply divide true_divide power remainder mod fmod maximum minimum fmax fmin
    arctan2 hypot logaddexp logaddexp2 copysign floor_divide
""")
SQUARES = words("""
    linalg.inv linalg.det linalg.slogdet linalg.cholesky linalg.eigh linalg.eigvalsh linalg.svd
    linalg.qr linalg.pinv linalg.matrix_norm diag
""")
PAIRS = ["matmul", "dot", "kron", "inner", "linalg.solve", "tensordot", "cross"]
VECTORS = ["outer", "inner", "dot", "vdot", "cross", "diag", "diagflat"]
COUNTING = words("""
    equal not_equal less less_equal greater greater_equal logical_and logical_or logical_xor
""")
LOGIC = words("isnan isinf isfinite logical_not all any argmax argmin argsort nonzero argwhere")
LIKE = ["zeros_like", "ones_like", "empty_like"]


def numpys(name: str):
    function = np
    for part in name.split("."):
        function = getattr(function, part)
    return function


def calls(listed: list[str], *operands: np.ndarray):
    return [pytest.param(numpys(name), operands, id=name) for name in listed]


DISPATCHED = [
    *calls(UNARY, X),
    *calls(POSITIVES, POSITIVE),
    *calls(BINARY, POSITIVE, X + 2.0),
    *calls(SQUARES, SQUARE),
    *calls(PAIRS, SQUARE, SQUARE + np.eye(3)),
    *calls(VECTORS[:5], VECTOR, VECTOR + 1.0),
    *calls(VECTORS[5:], VECTOR),
]

WITH_ARGUMENTS = {
    "sum, axis": lambda x: np.sum(x, axis=0),
    "sum, axes kept": lambda x: np.sum(x, axis=(0, 1), keepdims=True),
    "mean, axis kept": lambda x: np.mean(x, axis=1, keepdims=True),
    "prod, axis": lambda x: np.prod(x, axis=1),
    "max, axis": lambda x: np.max(x, axis=0),
    "amin, axis kept": lambda x: np.amin(x, axis=0, keepdims=True),
    "var, divisor": lambda x: np.var(x, axis=1, ddof=1),
    "std, axis": lambda x: np.std(x, axis=0),
    "cumsum, axis": lambda x: np.cumsum(x, axis=1),
    "cumprod, axis": lambda x: np.cumprod(x, 0),
    "median, axis": lambda x: np.median(x, axis=1),
    "quantile": lambda x: np.quantile(x, 0.3, axis=0),
    "norm, order": lambda x: np.linalg.norm(x, ord=1, axis=1),
    "norm, Frobenius": lambda x: np.linalg.norm(x, "fro"),
    "round, decimals": lambda x: np.round(x, 1),
    "clip": lambda x: np.clip(x, -0.5, 0.5),
    "where": lambda x: np.where(x > 0, x, 0.0),
    "array on the left": lambda x: X * x,
    "array minus": lambda x: X - x,
    "matrix on the left": lambda x: SQUARE @ x.T,
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "transpose, axes": lambda x: np.transpose(x, (1, 0)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "moveaxis": lambda x: np.moveaxis(x, 0, 1),
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "broadcast_to": lambda x: np.broadcast_to(x, (2, 2, 3)),
    "flip, axis": lambda x: np.flip(x, axis=1),
    "roll": lambda x: np.roll(x, 1, axis=1),
    "rot90": lambda x: np.rot90(x),
    "tile": lambda x: np.tile(x, (2, 1)),
    "repeat": lambda x: np.repeat(x, 2, axis=1),
    "pad": lambda x: np.pad(x, ((1, 0), (0, 2))),
    "concatenate": lambda x: np.concatenate([x, x], axis=1),
    "stack": lambda x: np.stack([x, X], axis=-1),
    "hstack": lambda x: np.hstack([x, x]),
    "vstack": lambda x: np.vstack([x, x]),
    "split": lambda x: np.split(x, 3, axis=1),
    "array_split": lambda x: np.array_split(x, 2, axis=1),
    "take": lambda x: np.take(x, np.array([0, 2]), axis=1),
    "take_along_axis": lambda x: np.take_along_axis(x, np.array([[0], [2]]), axis=1),
    "tril, offset": lambda x: np.tril(x, k=-1),
    "sort, axis": lambda x: np.sort(x, axis=0),
    "diff, twice": lambda x: np.diff(x, n=2, axis=1),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, X),
    "tensordot, axes": lambda x: np.tensordot(x, X, axes=([1], [1])),
    "multi_dot": lambda x: np.linalg.multi_dot([x, SQUARE, x.T]),
    "lstsq": lambda x: np.linalg.lstsq(x.T, VECTOR)[0],
    "meshgrid": lambda x: np.meshgrid(x[0], x[1]),
    "trace, offset": lambda x: np.trace(x, offset=1),
    "diagonal, offset": lambda x: np.diagonal(x, offset=1),
    "logical pieces": lambda x: np.where(np.isfinite(x), x, 0.0),
}


def parts(result):
    """A result as a list, named tuples and pairs of a sign and a logarithm included."""
    return list(result) if isinstance(result, (tuple, list)) else [result]


def check(found, expected):
    found, expected = parts(found), parts(expected)
    assert len(found) == len(expected)
    for ours, theirs in zip(found, expected, strict=True):
        assert isinstance(ours, ag.Tensor)
        assert ours.shape == np.shape(theirs)
        np.testing.assert_allclose(ours.data, theirs, rtol=1e-12, atol=1e-14)
    assert any(ours.requires_grad for ours in found)


@pytest.mark.filterwarnings("ignore:.*rcond.*")
@pytest.mark.parametrize(("function", "operands"), DISPATCHED)
def test_numpys_function_builds_the_graph(function, operands):
    tensors = [ag.tensor(x, requires_grad=True) for x in operands]
    check(function(*tensors), function(*operands))


@pytest.mark.parametrize("written", WITH_ARGUMENTS.values(), ids=WITH_ARGUMENTS)
def test_numpys_arguments_are_understood(written):
    check(written(ag.tensor(X, requires_grad=True)), written(X))


@pytest.mark.parametrize("name", [*COUNTING, *LOGIC, *LIKE])
def test_numpys_questions_give_tensors_without_gradient(name):
    operands = (X, np.flip(X, 1)) if name in COUNTING else (X,)
    found = parts(numpys(name)(*(ag.tensor(x, requires_grad=True) for x in operands)))
    expected = parts(numpys(name)(*operands))
    for ours, theirs in zip(found, expected, strict=True):
        assert isinstance(ours, ag.Tensor)
        assert not ours.requires_grad
        assert ours.dtype == np.asarray(theirs).dtype
        if name != "empty_like":
            np.testing.assert_array_equal(ours.data, theirs)


def test_numpys_spread_divides_by_n_and_pytorchs_by_n_minus_1():
    x = ag.tensor(VECTOR, requires_grad=True)
    assert np.var(x).item() == pytest.approx(np.var(VECTOR))
    assert x.var().item() == pytest.approx(np.var(VECTOR, ddof=1))
