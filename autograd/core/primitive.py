"""One record per operation: all that the engine, the pictures and the tests know about it."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from autograd.core.errors import ArgumentError, NameTakenError
from autograd.core.homes import HOMES, load, load_all
from autograd.core.node import Array, Node
from autograd.core.rule import Formulas, Rule, on_arrays, on_tensors, rules_of

numpy_meanings: dict[Any, Callable[..., Any]] = {}
"""What NumPy's functions do when they are called on tensors."""

Runner = Callable[["Node", Any], Sequence[tuple[Any, Any]]]
"""The rules of some operands as one function: of a node and the gradient of its output, to the
edge of each operand with its contribution."""


class BackwardPlan:
    """What a node saves and which rules it runs, for one choice of operands with gradient.

    Attributes:
        op: the primitive.
        slots: the operands that want a gradient.
        save: the names whose values the node keeps (operands and ``out``).
        kept: the same as slots of operands, None for ``out``.
        even: whether operands and result are known to have one dtype, so that a local
            derivative makes contributions of the right dtype, and of the result's shape.
        alike: whether they are also known to have one shape.
        runner: the rules of all `slots`, made when first needed.
        runners: the same for some of them.
    """

    __slots__ = ("alike", "even", "kept", "op", "runner", "runners", "save", "slots")

    def __init__(
        self,
        op: Primitive,
        slots: tuple[int, ...],
        save: tuple[str, ...],
        kept: tuple[int | None, ...],
        even: bool = False,
        alike: bool = False,
    ) -> None:
        self.op = op
        self.slots = slots
        self.save = save
        self.kept = kept
        self.even = even
        self.alike = even and alike
        self.runner: Runner | None = None
        self.runners: dict[tuple[int, ...], Runner] = {}


class Call:
    """Arguments of one call, as a person would write it."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.args = args
        self.kwargs = kwargs


class Refusal(Call):
    """A call with bad operands, and words that the error must contain."""

    def __init__(self, words: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__(args, kwargs)
        self.words = words


def call(*args: Any, **kwargs: Any) -> Call:
    """A sample: operands and parameters on which an operation is tested."""
    return Call(args, kwargs)


def refuses(words: str, *args: Any, **kwargs: Any) -> Refusal:
    """A sample of bad operands: the call must raise an error that contains `words`."""
    return Refusal(words, args, kwargs)


class Draw:
    """Random arrays for samples; the same seed gives the same arrays."""

    def __init__(self, seed: int = 0) -> None:
        self.rng = np.random.default_rng(seed)

    def __call__(self, *shape: int) -> Array:
        """Standard normal values."""
        return self.rng.normal(size=shape)

    def between(self, low: float, high: float, *shape: int) -> Array:
        """Uniform values between two bounds."""
        return self.rng.uniform(low, high, size=shape)

    def apart(self, *shape: int) -> Array:
        """Distinct values, at least 0.1 from one another and from zero (no ties, no kinks)."""
        size = int(np.prod(shape))
        steps = self.rng.permutation(np.arange(1, size + 1)) * 0.2
        signs = self.rng.choice([-1.0, 1.0], size=size)
        return (steps * signs).reshape(shape)


Samples = Callable[[Draw], Sequence[Call]]
"""Makes the calls on which an operation is tested, and those that it must refuse."""


class Operation:
    """What every registered name has: how it reads, and samples to test it on.

    Attributes:
        name: the name in the API.
        function: the function that people call.
        differentiable: whether a gradient can flow through.
        symbol: what the circle in a picture shows.
        formula: the value as an expression of its operands, such as ``x * y``.
        lesson: one plain sentence about how the gradient flows.
        methods: names under which `Tensor` has it; an operator's reflected form begins
            with ``__r``.
        aliases: further names in the API.
        numpy: NumPy functions whose calls on tensors mean this operation, with the same
            arguments (``axis`` and ``keepdims`` are understood); or pairs of such a function
            and another one that translates its arguments.
    """

    function: Callable[..., Any]
    differentiable = True

    def __init__(
        self,
        name: str,
        symbol: str,
        formula: str,
        lesson: str,
        samples: Samples,
        methods: tuple[str, ...] = (),
        aliases: tuple[str, ...] = (),
        numpy: tuple[Any, ...] = (),
    ) -> None:
        self.name = name
        self.symbol = symbol
        self.formula = formula
        self.lesson = lesson
        self._samples = samples
        self.methods = methods
        self.aliases = aliases
        self.numpy = numpy

    def __repr__(self) -> str:
        return f"<{type(self).__name__.lower()} {self.name}>"

    def samples(self, draw: Draw) -> list[Call]:
        """The calls to test on."""
        return [call for call in self._samples(draw) if not isinstance(call, Refusal)]

    @property
    def bad(self) -> list[Refusal]:
        """The calls that must be refused, and the words that the error must contain."""
        return [call for call in self._samples(Draw()) if isinstance(call, Refusal)]


class Primitive(Operation):
    """An operation with a forward function on plain arrays and one rule per operand.

    Attributes:
        forward: the operation on plain arrays; operands positional, metadata keyword-only.
        formulas: what `rules` are made of: one formula per operand (None: no gradient
            there); none for an operation without gradient; for a variadic operation one
            that returns an entry for each operand.
        tangents: what `jvps` are made of; none where nothing is stated for forward mode.
        linear: whether it is linear in all operands that have a rule, taken together, so
            that tangents go through the operation itself.
        multilinear: whether it is linear in each operand that has a rule, taken alone.
        operands: the operands' names; one name for all of a variadic operation.
        params: the names of the static parameters.
        variadic: whether it takes any number of operands.
        local: whether the formulas are local derivatives, to be multiplied.
        elementwise: whether each element of the result depends on its own elements only.
        floating: whether integers turn into the default float first, as in ``exp``.
        promote: whether operands of different dtypes are brought to a common one.
        view: whether the result may share memory with the first operand.
        pieces: the formulas of several results, where each has one of its own.
        explain: given operands and parameters, why the forward function refused them.
        operator, reflected: what Python's operators call, the second with the tensor first
            and what stands to the left of it second.
    """

    operator: Callable[[Any, Any], Any]
    reflected: Callable[[Any, Any], Any]

    def __init__(
        self,
        *,
        forward: Callable[..., Any],
        operands: tuple[str, ...] = (),
        params: tuple[str, ...] = (),
        variadic: bool = False,
        formulas: Formulas = (),
        tangents: Formulas = (),
        local: bool = False,
        linear: bool = False,
        multilinear: bool = False,
        elementwise: bool = False,
        floating: bool = False,
        promote: bool = False,
        view: bool = False,
        pieces: tuple[str, ...] = (),
        explain: Callable[..., str | None] | None = None,
        **shown: Any,
    ) -> None:
        super().__init__(**shown)
        self.forward = forward
        self.operands = operands
        self.params = params
        self.variadic = variadic
        self.formulas = formulas
        self.tangents = tangents
        self.local = local
        self.linear = linear
        self.multilinear = multilinear
        self.elementwise = elementwise
        self.floating = floating
        self.promote = promote
        self.view = view
        self.pieces = pieces
        self.explain = explain
        self.differentiable = any(formulas)
        self._plans: dict[tuple[tuple[bool, ...], bool, bool], BackwardPlan] = {}

    @cached_property
    def rules(self) -> tuple[Rule | None, ...]:
        """One rule per operand, made when first needed: the import is quicker."""
        return rules_of(self.operands, self.params, self.formulas, self.local)

    @cached_property
    def jvps(self) -> tuple[Rule | None, ...]:
        """For forward mode, one rule per operand in its tangent ``t``; the results add up."""
        return rules_of(self.operands, self.params, self.tangents, self.local, given="t")

    @cached_property
    def meeting(self) -> tuple[int, ...]:
        """The operands that are brought to a common dtype: those with a rule, or all."""
        slots = range(len(self.operands))
        return tuple(s for s in slots if not self.differentiable or self.rules[s] is not None)

    def rule(self, slot: int) -> Rule | None:
        """The rule for operand `slot`."""
        return self.rules[0 if self.variadic else slot]

    def operand_name(self, slot: int) -> str:
        """The name that formulas use for operand `slot`."""
        return f"{self.operands[0]}{slot}" if self.variadic else self.operands[slot]

    def plan(
        self, wants: tuple[bool, ...], even: bool = False, alike: bool = False
    ) -> BackwardPlan:
        """What to save when just these operands want a gradient (`even`, `alike`: as there)."""
        found = self._plans.get((wants, even, alike))
        if found is None:
            found = self._plans[wants, even, alike] = self._make_plan(wants, even, alike)
        return found

    def _make_plan(self, wants: tuple[bool, ...], even: bool, alike: bool) -> BackwardPlan:
        if not self.differentiable:
            return BackwardPlan(self, (), (), ())
        slots = tuple(slot for slot, want in enumerate(wants) if want and self.rule(slot))
        rules = [rule for slot in slots if (rule := self.rule(slot))]
        needed = {name for rule in rules for name in rule.names}
        save = tuple(name for name in (*self.operands, "out") if name in needed)
        kept = tuple(None if name == "out" else self.operands.index(name) for name in save)
        even = even and all(rule.local and not rule.words for rule in rules)
        return BackwardPlan(self, slots, save, kept, even, alike)


class Registry(UserDict[str, Operation]):
    """Operations by name and alias; those of the library are loaded when they are asked for."""

    def __contains__(self, name: object) -> bool:
        if name not in self.data:
            load(str(name))
        return name in self.data

    def __missing__(self, name: str) -> Operation:
        if name in self:
            return self.data[name]
        raise KeyError(name)


REGISTRY = Registry()


def register(operation: Operation) -> None:
    """Enter an operation into the registry, under its name and its aliases.

    Raises:
        NameTakenError: another operation has one of these names.
    """
    for name in (operation.name, *operation.aliases):
        if name in REGISTRY:
            raise NameTakenError(
                f"An operation named {name!r} exists already; choose another name, "
                f"or take the old one out first with autograd.unregister({name!r})."
            )
    for name in (operation.name, *operation.aliases):
        REGISTRY[name] = operation
        on_tensors[name] = operation.function
        on_arrays[name] = _raw(operation)
    for entry in operation.numpy:
        theirs, ours = entry if isinstance(entry, tuple) else (entry, operation.function)
        numpy_meanings[theirs] = ours


def unregister(name: str) -> Operation:
    """Take a user's operation out of the registry again; its nodes stay valid.

    Raises:
        ArgumentError: there is no operation of that name.
    """
    operation = REGISTRY.get(name)
    if operation is None:
        raise ArgumentError(f"There is no operation named {name!r}.")
    for known in (operation.name, *operation.aliases):
        for table in (REGISTRY, on_arrays, on_tensors):
            table.pop(known, None)
    return operation


def _raw(operation: Operation) -> Callable[..., Any]:
    """The function that a rule calls on plain arrays: NumPy's own, where that is all there is."""
    bare = isinstance(operation, Primitive) and operation.elementwise and not operation.params
    return operation.forward if bare else operation.function  # type: ignore[attr-defined]


def names() -> list[str]:
    """Names and aliases of all operations, loaded or not."""
    return sorted({*HOMES, *REGISTRY})


def meaning(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """The operation that a function of NumPy means on tensors, if there is one."""
    if function not in numpy_meanings:
        load(function.__name__)  # often they have the same name
    if function not in numpy_meanings:
        load_all()
    return numpy_meanings.get(function)


def operations() -> Iterator[Operation]:
    """Every operation once, in alphabetical order."""
    load_all()
    return iter(sorted(set(REGISTRY.values()), key=lambda operation: operation.name))
