"""What the engine decides by values: a variant for each outcome, uncompiled as the last resort."""

import numpy as np
import pytest

import autograd as ag
import nn
import optim

RNG = np.random.default_rng(4)


def classifier(rule=optim.SGD, **loss):
    ag.manual_seed(0)
    layer = nn.Linear(4, 3)
    optimizer = rule(layer.parameters(), lr=0.01)

    def step(x, y):
        optimizer.zero_grad()
        found = ag.cross_entropy(layer(x), y, **loss)
        found.sum().backward()
        optimizer.step()
        return found

    return layer, step


def same_training(make, batches, rtol=1e-10):
    """Compiled and uncompiled beside each other; the compiled function."""
    (one, plain), (two, step) = make(), make()
    compiled = ag.compile(step)
    for batch in batches:
        np.testing.assert_allclose(compiled(*batch).data, plain(*batch).data, rtol=rtol)
        for p, q in zip(one.parameters(), two.parameters(), strict=True):
            np.testing.assert_allclose(q.data, p.data, rtol=rtol, atol=1e-14)
    return compiled


def labelled(ignored):
    """Six examples, some of them without a label."""
    labels = RNG.integers(0, 3, 6)
    labels[:ignored] = -100
    return ag.tensor(RNG.normal(size=(6, 4))), ag.tensor(labels)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"reduction": "sum"},
        {"reduction": "none"},
        {"weight": ag.tensor([1.0, 2.0, 0.5])},
        {"label_smoothing": 0.1},
        {"label_smoothing": 0.1, "weight": ag.tensor([1.0, 2.0, 0.5]), "reduction": "none"},
    ],
)
def test_any_number_of_labels_may_be_ignored(options):
    batches = [labelled(ignored) for ignored in (1, 3, 2, 5, 0, 4, 0)]
    compiled = same_training(lambda: classifier(**options), batches)
    assert compiled.fallbacks == 0
    assert len(compiled.variants) == 2  # some are ignored, or none


def test_where_all_labels_are_ignored_the_mean_is_nan_and_nothing_is_learnt():
    layer, step = classifier()
    compiled = ag.compile(step)
    compiled(*labelled(2))
    before = layer.weight.data.copy()
    with np.errstate(invalid="ignore"):
        assert np.isnan(compiled(*labelled(6)).item())
    np.testing.assert_array_equal(layer.weight.data, before)
    assert compiled.fallbacks == 0


def test_a_wrong_label_gets_the_error_of_the_uncompiled_run_each_time():
    layer, step = classifier()
    compiled = ag.compile(step)
    compiled(*labelled(0))
    before = layer.weight.data.copy()
    x, y = labelled(0)
    y.data[2] = 7
    for _ in range(5):
        with pytest.raises(ag.IndexingError, match="Target 7 is out of bounds: with 3 scores"):
            compiled(x, y)
    np.testing.assert_array_equal(layer.weight.data, before)
    compiled(*labelled(0)), compiled(*labelled(3))
    assert len(compiled.variants) == 2


@pytest.mark.parametrize("rule", [optim.RAdam, optim.ASGD, optim.NAdam, optim.Rprop])
def test_rules_that_go_by_the_count_of_steps_run_compiled(rule):
    compiled = same_training(lambda: classifier(rule), [labelled(0) for _ in range(12)])
    assert compiled.fallbacks == 0
    assert len(compiled.variants) <= 3  # the first step, and RAdam's before it rectifies


def test_sizes_that_values_decide_are_traced_a_few_times_and_then_run_uncompiled():
    @ag.compile
    def positive(x):
        return x[x > 0].sum()

    for count in range(1, 12):
        x = np.full(20, -1.0)
        x[:count] = 2.0
        assert positive(ag.tensor(x)).item() == 2.0 * count
    assert len(positive.variants) == 5  # of 11 sizes
    assert positive.fallbacks == 6


def test_a_variant_that_fails_at_once_is_not_kept():
    """A pass assumes that a gradient is finite; to trace it anew does not change that."""

    def curvature(x):
        g = ag.grad((ag.relu(x) ** 3).sum(), x, create_graph=True)[0]
        return ag.grad((g * x).sum(), x)[0]

    compiled = ag.compile(curvature)
    values = RNG.normal(size=(40, 40))
    compiled(ag.tensor(values, requires_grad=True))
    source = compiled.source
    values[0, 0] = np.inf
    x = ag.tensor(values, requires_grad=True)
    np.testing.assert_array_equal(compiled(x).data, curvature(x).data)
    assert (compiled.fallbacks, len(compiled.variants)) == (1, 1)
    assert compiled.source == source


@pytest.mark.parametrize("mode", ["sum", "mean", "max"])
@pytest.mark.parametrize("padding", [None, 0])
@pytest.mark.parametrize("offsets", [None, [0, 3, 3, 7]])
def test_bags_of_any_content_run_compiled(mode, padding, offsets):
    def make():
        ag.manual_seed(0)
        layer = nn.EmbeddingBag(6, 3, mode=mode, padding_idx=padding)
        optimizer = optim.SGD(layer.parameters(), lr=0.1)

        def step(*batch):
            optimizer.zero_grad()
            loss = (layer(*batch) ** 2).sum()
            loss.backward()
            optimizer.step()
            return loss

        return layer, step

    shape, more = ((12,), (ag.tensor(offsets),)) if offsets else ((4, 3), ())
    batches = [(ag.tensor(RNG.integers(0, 6, shape)), *more) for _ in range(5)]
    compiled = same_training(make, batches)
    assert (len(compiled.variants), compiled.fallbacks) == (1, 0)


def test_bags_that_begin_elsewhere_follow_their_offsets():
    layer = nn.EmbeddingBag(6, 3, mode="max")
    compiled = ag.compile(lambda x, starts: layer(x, starts))
    x = ag.tensor([0, 1, 2, 3, 4, 5])
    for starts in ([0, 2, 4], [0, 0, 1], [0, 5, 6]):
        given = ag.tensor(starts)
        np.testing.assert_array_equal(compiled(x, given).data, layer(x, given).data)
    assert (len(compiled.variants), compiled.fallbacks) == (1, 0)
    for starts in ([1, 2, 3], [0, 3, 2], [0, 3, 7]):
        with pytest.raises(ag.RangeError, match="begin with 0, never fall"):
            compiled(x, ag.tensor(starts))


def test_a_choice_by_allclose_or_equal_has_a_variant_for_each_answer():
    one = ag.tensor([1.0, 2.0])
    near = ag.compile(lambda x: x if ag.allclose(x, one) else -x)
    same = ag.compile(lambda x: (x, ag.equal(x, one)))
    for values in ([1.0, 2.0], [1.0, 3.0], [1.0, 2.0], [5.0, 5.0]):
        x = ag.tensor(values)
        wanted = values if values == [1.0, 2.0] else [-v for v in values]
        assert near(x).tolist() == wanted
        assert same(x)[1] is (values == [1.0, 2.0])
    assert len(near.variants) == len(same.variants) == 2
    assert near.fallbacks == same.fallbacks == 0


@pytest.mark.parametrize("save", [np.save, np.savez, np.savetxt])
@pytest.mark.parametrize("value", [lambda x: x, lambda x: x.data])
def test_writing_a_file_is_refused_with_the_line(save, value, tmp_path):
    file = tmp_path / "x"
    compiled = ag.compile(lambda x: save(file, value(x)))
    with pytest.raises(ag.StateError, match=rf"by np\.{save.__name__}\(\) in .*lambda x: save"):
        compiled(ag.tensor([1.0, 2.0]))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["flat", "ctypes", "tobytes", "byteswap", "sort", "data"])
def test_what_only_real_arrays_have_is_refused_with_the_line(name):
    compiled = ag.compile(lambda x: getattr(x.data, name))
    with pytest.raises(ag.StateError, match=rf"reads a value by \.{name} in .*getattr"):
        compiled(ag.tensor([1.0, 2.0]))


def test_a_rule_that_searches_a_line_says_what_can_be_compiled():
    ag.manual_seed(0)
    layer, x = nn.Linear(3, 2), ag.tensor(RNG.normal(size=(4, 3)))
    optimizer = optim.LBFGS(layer.parameters(), max_iter=3)

    def closure():
        layer.zero_grad()  # so that the rule's memory is none of its business
        loss = (layer(x) ** 2).sum()
        loss.backward()
        return loss

    with pytest.raises(ag.StateError, match=r"LBFGS\.step does it.*Call LBFGS\.step outside"):
        ag.compile(lambda: optimizer.step(closure))()
    before = closure().item()
    inside = ag.compile(closure)
    assert optimizer.step(inside).item() == pytest.approx(before)
    assert closure().item() < before / 2
    assert len(inside.variants) == 1


def test_a_decision_by_what_turns_out_to_be_a_constant():
    def slope(x):
        return ag.grad((ag.floor(x) ** 1).sum() + x.prod(), [x])[0]

    x = ag.tensor([1.5, 2.5, 3.0], requires_grad=True)
    compiled = ag.compile(slope)
    np.testing.assert_allclose(compiled(x).data, slope(x).data)
    guards = [line for line in compiled.program.instructions if line.kind == "guard"]
    assert guards
    assert not any(line.inputs for line in guards)
    assert "Changed" not in compiled.source
