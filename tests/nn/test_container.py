"""Sequential, lists and dicts of modules and parameters: behaviour, names, words."""

import copy

import numpy as np
import pytest

import autograd as ag
import nn


def keys(module):
    return list(module.state_dict())


def layers(count):
    return [nn.Linear(1, 1, rng=i) for i in range(count)]


LISTS = pytest.mark.parametrize("make", [lambda m: nn.Sequential(*m), nn.ModuleList])

# --- like a list ------------------------------------------------------------------------------


@LISTS
def test_append_extend_insert(make):
    a, b, c, d, e = layers(5)
    modules = make([a])
    assert modules.append(c) is modules
    modules.insert(1, b).extend([d])
    modules.insert(-1, e)
    assert list(modules) == [a, b, c, e, d]
    modules.insert(len(modules), c)
    assert list(modules) == [a, b, c, e, d, c]
    assert [name for name, _ in modules.named_modules(remove_duplicate=False)][1:] == list("012345")


@LISTS
def test_setting_and_deleting(make):
    a, b, c, d = layers(4)
    modules = make([a, b, c])
    modules[-1] = d
    assert list(modules) == [a, b, d]
    del modules[0]
    assert list(modules) == [b, d]
    assert keys(modules) == ["0.weight", "0.bias", "1.weight", "1.bias"]
    modules = make([a, b, c, d])
    del modules[1:3]
    assert list(modules) == [a, d]
    assert modules.pop(0) is a
    assert modules.pop() is d
    assert len(modules) == 0


@LISTS
def test_slices_are_of_the_same_kind_and_share(make):
    modules = make(layers(4))
    part = modules[1:3]
    assert type(part) is type(modules)
    assert list(part) == list(modules)[1:3]
    assert modules[::-1][0] is modules[-1]


def test_slices_of_a_sequential_keep_names_and_those_of_a_list_do_not():
    assert keys(nn.Sequential(*layers(3))[1:2]) == ["1.weight", "1.bias"]
    assert keys(nn.ModuleList(layers(3))[1:2]) == ["0.weight", "0.bias"]


@LISTS
def test_sums(make):
    a, b, c = layers(3)
    first, second = make([a]), make([b, c])
    assert list(first + second) == [a, b, c]
    assert list(first) == [a]
    first += second
    assert list(first) == [a, b, c]


def test_a_sequential_repeated_shares_its_modules():
    a, b = layers(2)
    model = nn.Sequential(a, b) * 2
    assert list(model) == [a, b, a, b]
    assert len(list(model.parameters())) == 4


@LISTS
@pytest.mark.parametrize("index", [3, -4])
def test_places_outside(make, index):
    modules = make(layers(3))
    for use in (
        lambda: modules[index],
        lambda: modules.__setitem__(index, nn.Tanh()),
        lambda: modules.__delitem__(index),
        lambda: modules.insert(index - 1 if index < 0 else index + 1, nn.Tanh()),
    ):
        with pytest.raises(ag.IndexingError, match="of 3 modules"):
            use()


@LISTS
@pytest.mark.parametrize("wrong", [ag.tanh, nn.Tanh, None])
def test_what_is_no_module_is_refused_and_nothing_changes(make, wrong):
    modules = make(layers(2))
    before = list(modules)
    for use in (
        lambda: modules.append(wrong),
        lambda: modules.insert(0, wrong),
        lambda: modules.__setitem__(0, wrong),
    ):
        with pytest.raises(ag.ArgumentError, match="takes modules"):
            use()
    assert list(modules) == before


def test_a_named_sequential_changes_like_a_list():
    a, b = layers(2)
    model = nn.Sequential({"first": a, "second": b})
    model[1] = nn.Tanh()
    assert [name for name, _ in model.named_children()] == ["first", "second"]
    model.append(b)
    assert [name for name, _ in model.named_children()] == ["first", "second", "2"]


def test_a_module_list_computes_nothing_itself():
    with pytest.raises(ag.StateError, match="ModuleList does not say what it computes"):
        nn.ModuleList([nn.Tanh()])(ag.ones(1))


def test_words_of_lists_are_pytorchs():
    assert repr(nn.ModuleList()) == "ModuleList()"
    assert repr(nn.ModuleList([nn.Tanh(), nn.Tanh(), nn.Linear(1, 2)])) == (
        "ModuleList(\n"
        "  (0-1): 2 x Tanh()\n"
        "  (2): Linear(in_features=1, out_features=2, bias=True)\n"
        ")"
    )
    nested = nn.Sequential(nn.ModuleList([nn.Sequential(nn.Tanh())] * 2))
    assert repr(nested) == (
        "Sequential(\n"
        "  (0): ModuleList(\n"
        "    (0-1): 2 x Sequential(\n"
        "      (0): Tanh()\n"
        "    )\n"
        "  )\n"
        ")"
    )


# --- dicts ------------------------------------------------------------------------------------


def test_a_dict_of_modules():
    a, b = layers(2)
    modules = nn.ModuleDict({"a": a})
    modules["b"] = b
    modules.update([("a", b)])
    assert list(modules) == ["a", "b"]
    assert list(modules.keys()) == ["a", "b"]
    assert list(modules.values()) == [b, b]
    assert list(modules.items()) == [("a", b), ("b", b)]
    assert "a" in modules
    assert "c" not in modules
    assert "training" not in modules
    assert modules.get("c") is None
    assert modules.pop("a") is b
    del modules["b"]
    assert len(modules) == 0
    modules["c"] = a
    modules.clear()
    assert keys(modules) == []
    assert repr(nn.ModuleDict({"a": nn.Tanh()})) == "ModuleDict(\n  (a): Tanh()\n)"


@pytest.mark.parametrize(
    "use", [lambda d: d["z"], lambda d: d.pop("z"), lambda d: d.__delitem__("z")]
)
@pytest.mark.parametrize("made", [nn.ModuleDict({"a": nn.Tanh()}), nn.ParameterDict({"a": [1.0]})])
def test_a_name_that_is_not_there(made, use):
    with pytest.raises(KeyError) as caught:
        use(made)
    assert str(caught.value) == "'z' is none of 'a'."
    assert isinstance(caught.value, ag.GlassError)


@pytest.mark.parametrize("name", ["a.b", "", "keys", "forward", "training", 3])
@pytest.mark.parametrize(("kind", "part"), [(nn.ModuleDict, nn.Tanh()), (nn.ParameterDict, [1.0])])
def test_names_that_cannot_be(kind, part, name):
    with pytest.raises(ag.ArgumentError, match="cannot be named"):
        kind({name: part})


def test_a_dict_of_modules_takes_modules():
    with pytest.raises(ag.ArgumentError, match="takes modules"):
        nn.ModuleDict({"a": ag.tanh})


# --- parameters -------------------------------------------------------------------------------


class Sum(nn.Module):
    def __init__(self):
        self.listed = nn.ParameterList([[1.0, 2.0], ag.ones(2)])
        self.named = nn.ParameterDict({"scale": [3.0], "shift": np.array([4.0])})

    def forward(self, x):
        for part in self.listed:
            x = x * part
        return x * self.named["scale"] + self.named["shift"]


def test_parameters_in_collections_are_found_trained_and_saved():
    model = Sum()
    assert keys(model) == ["listed.0", "listed.1", "named.scale", "named.shift"]
    model(ag.ones(2)).sum().backward()
    assert [p.grad.tolist() for p in model.parameters()] == [[3.0, 3.0], [3.0, 6.0], [3.0], [2.0]]
    twin = copy.deepcopy(model)
    assert twin.load_state_dict(model.state_dict()) == ([], [])
    assert len(list(model.requires_grad_(False).parameters())) == 4


def test_gradients_by_collections(check_gradients):
    check_gradients(Sum(), ag.tensor([0.5, -1.0], requires_grad=True))


def test_a_list_of_parameters():
    weight = nn.Parameter([1.0])
    parameters = nn.ParameterList([weight])
    assert parameters[0] is weight
    assert parameters.append([2.0]) is parameters
    parameters.extend([[3.0], [4.0]])
    assert [p.tolist() for p in parameters] == [[1.0], [2.0], [3.0], [4.0]]
    parameters[-1] = [5.0]
    assert parameters[3].requires_grad
    assert keys(parameters) == ["0", "1", "2", "3"]
    assert [p.tolist() for p in parameters[1:3]] == [[2.0], [3.0]]
    with pytest.raises(ag.IndexingError, match="Parameter 4 of a ParameterList of 4"):
        parameters[4]
    with pytest.raises(ag.DTypeError, match="floating-point"):
        parameters.append([1])


def test_words_of_parameters():
    assert repr(nn.ParameterList()) == "ParameterList()"
    assert repr(nn.ParameterDict({"a": np.ones((3, 2))})) == (
        "ParameterDict(\n  (a): float64 of shape (3, 2)\n)"
    )


def test_collections_are_converted_with_their_model():
    model = Sum().float()
    assert {p.dtype for p in model.parameters()} == {np.dtype(np.float32)}


@pytest.mark.parametrize(
    ("module", "label"),
    [
        (nn.ModuleList(layers(2)), "ModuleList(2 modules)"),
        (nn.ModuleDict({"a": nn.Tanh()}), "ModuleDict(1 parts)"),
        (nn.Sequential(nn.Tanh()), "Sequential(1 modules)"),
    ],
)
def test_labels(module, label):
    assert module.describe() == label
