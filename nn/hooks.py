"""Looking at what goes into a module and what comes out, forward and backward."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import autograd as ag

Function = Callable[..., Any]
Gradients = tuple[Any, ...]


class Hooks:
    """The hooks of one module, each kind in the order in which they run.

    Attributes:
        before: of the arguments; each hook with whether it takes keyword arguments.
        after: of the output; likewise, and whether it also runs when forward raises.
        arriving: of the gradients by the outputs.
        leaving: of the gradients by the inputs.
    """

    def __init__(self) -> None:
        self.before: dict[int, tuple[Function, bool]] = {}
        self.after: dict[int, tuple[Function, bool, bool]] = {}
        self.arriving: dict[int, Function] = {}
        self.leaving: dict[int, Function] = {}


class Hooked:
    """What can be called, with hooks around it; without any, a call costs nothing more."""

    forward: Function

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with ag.scope(type(self).__name__, owner=self):
            hooks = self.__dict__.get("_hooks")
            if hooks is None:
                return self.forward(*args, **kwargs)
            return _call(self, hooks, args, kwargs)

    def _hooked(self) -> Hooks:
        """The hooks of this module; a record is made for the first one."""
        made: Hooks = vars(self).setdefault("_hooks", Hooks())
        return made

    def register_forward_pre_hook(
        self, hook: Function, *, prepend: bool = False, with_kwargs: bool = False
    ) -> ag.HookHandle:
        """Call ``hook(module, args)`` before each forward; what it returns replaces the args.

        Args:
            hook: returns None, a tuple of arguments, or the only argument.
            prepend: run it before all others.
            with_kwargs: call ``hook(module, args, kwargs)``, which returns None or both.
        """
        return ag.HookHandle(self._hooked().before, (hook, with_kwargs), prepend)

    def register_forward_hook(
        self,
        hook: Function,
        *,
        prepend: bool = False,
        with_kwargs: bool = False,
        always_call: bool = False,
    ) -> ag.HookHandle:
        """Call ``hook(module, args, output)`` after each forward; what it returns replaces it.

        Args:
            hook: returns None, or what stands for the output.
            prepend: run it before all others.
            with_kwargs: call ``hook(module, args, kwargs, output)``.
            always_call: run it also when forward raises, with None for the output.

        >>> import nn
        >>> layer, seen = nn.Linear(2, 3), []
        >>> with layer.register_forward_hook(lambda m, args, out: seen.append(out.shape)):
        ...     y = layer(ag.ones(4, 2))
        >>> y = layer(ag.ones(5, 2))
        >>> seen
        [(4, 3)]
        """
        return ag.HookHandle(self._hooked().after, (hook, with_kwargs, always_call), prepend)

    def register_full_backward_pre_hook(
        self, hook: Function, prepend: bool = False
    ) -> ag.HookHandle:
        """Call ``hook(module, grad_output)`` when the gradients by all outputs are complete.

        The hook may return gradients that take the place of those it got. It sees the tensors
        that forward returned, alone or directly in a tuple.
        """
        return ag.HookHandle(self._hooked().arriving, hook, prepend)

    def register_full_backward_hook(self, hook: Function, prepend: bool = False) -> ag.HookHandle:
        """Call ``hook(module, grad_input, grad_output)`` when those by all inputs are complete.

        Both are tuples, with None for what requires no gradient; of several tensors, one that
        no gradient reaches has zeros. Positional arguments count as inputs. The hook may
        return gradients that take the place of `grad_input`; those that reach the inputs by
        other ways than this call are not among them.
        """
        return ag.HookHandle(self._hooked().leaving, hook, prepend)


# --- forward ------------------------------------------------------------------------------


def _call(module: Any, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    args, kwargs = _arguments(module, hooks, args, kwargs)
    watched = ag.is_grad_enabled() and (hooks.arriving or hooks.leaving)
    passage = _Passage(module, hooks) if watched else None
    args = passage.enter(args) if passage else args
    waiting = dict(hooks.after)
    try:
        output = module.forward(*args, **kwargs)
        while waiting:
            after = waiting.pop(next(iter(waiting)))
            output = _seen(module, after, args, kwargs, output)
    except BaseException:
        for after in waiting.values():
            if after[2]:
                _seen(module, after, args, kwargs, None)
        raise
    return passage.leave(output) if passage else output


def _arguments(
    module: Any, hooks: Hooks, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    for hook, with_kwargs in tuple(hooks.before.values()):
        found = hook(module, args, kwargs) if with_kwargs else hook(module, args)
        if found is None:
            continue
        if with_kwargs:
            args, kwargs = _both(found)
        else:
            args = found if isinstance(found, tuple) else (found,)
    return args, kwargs


def _both(found: Any) -> tuple[tuple[Any, ...], dict[str, Any]]:
    if not (isinstance(found, tuple) and len(found) == 2 and isinstance(found[1], dict)):
        raise ag.ArgumentError(
            "A forward pre-hook with_kwargs=True returns None or (args, kwargs), got "
            f"{type(found).__name__}."
        )
    return found


def _seen(
    module: Any,
    after: tuple[Function, bool, bool],
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    output: Any,
) -> Any:
    hook, with_kwargs, _ = after
    given = (args, kwargs, output) if with_kwargs else (args, output)
    changed = hook(module, *given)
    return output if changed is None else changed


# --- backward -----------------------------------------------------------------------------


class _Passage:
    """One call of a module whose backward hooks wait for the gradients."""

    def __init__(self, module: Any, hooks: Hooks) -> None:
        self.module, self.hooks = module, hooks
        self.inputs = 0
        self.watched = False
        self.grad_output: Gradients = ()

    def enter(self, args: tuple[Any, ...]) -> tuple[Any, ...]:
        watched = _watched(args, self.leaving)
        self.inputs, self.watched = len(args), watched is not args
        return watched

    def leave(self, output: Any) -> Any:
        if isinstance(output, tuple):
            return _watched(output, self.arriving)
        return _watched((output,), self.arriving)[0]

    def arriving(self, gradients: Gradients) -> Gradients:
        for hook in tuple(self.hooks.arriving.values()):
            gradients = _replaced(gradients, hook(self.module, gradients))
        self.grad_output = gradients
        if not self.watched:
            self.leaving((None,) * self.inputs)
        return gradients

    def leaving(self, gradients: Gradients) -> Gradients:
        for hook in tuple(self.hooks.leaving.values()):
            changed = hook(self.module, gradients, self.grad_output)
            gradients = _replaced(gradients, changed)
        self.grad_output = ()
        return gradients


def _replaced(gradients: Gradients, changed: Any) -> Gradients:
    """What a hook returned, in the place of the gradients that it got."""
    if changed is None:
        return gradients
    new = changed if isinstance(changed, tuple) else (changed,)
    if len(new) != len(gradients):
        raise ag.ArgumentError(
            f"A backward hook got {len(gradients)} gradient(s) and returned {len(new)}; it "
            "returns None, or one for each."
        )
    return new


def _watched(values: tuple[Any, ...], hook: Callable[[Gradients], Gradients]) -> tuple[Any, ...]:
    """The same values on a way of their own, where `hook` sees their gradients together."""
    places = [i for i, v in enumerate(values) if isinstance(v, ag.Tensor) and v.requires_grad]
    if not places:
        return values
    joined, apart = _joined([values[i] for i in places])

    def on_gradient(g: ag.Tensor) -> ag.Tensor:
        given = _placed((None,) * len(values), places, apart(g))
        found = hook(given)
        kept = [given[i] if found[i] is None else found[i] for i in places]
        return kept[0] if len(kept) == 1 else _joined(kept)[0]

    joined.register_hook(on_gradient)
    return _placed(values, places, apart(joined))


def _placed(values: tuple[Any, ...], places: list[int], new: list[Any]) -> tuple[Any, ...]:
    out = list(values)
    for place, value in zip(places, new, strict=True):
        out[place] = value
    return tuple(out)


def _joined(tensors: list[Any]) -> tuple[ag.Tensor, Callable[[ag.Tensor], list[Any]]]:
    """All tensors as one, and the way back: one alone keeps its shape."""
    if len(tensors) == 1:
        return ag.reshape(tensors[0], tensors[0].shape), lambda whole: [whole]
    kinds = [(t.shape, t.numel(), t.dtype) for t in tensors]

    def apart(whole: ag.Tensor) -> list[Any]:
        parts = ag.split(whole, [size for _, size, _ in kinds])
        return [
            ag.reshape(part if part.dtype == dtype else part.to(dtype), shape)
            for part, (shape, _, dtype) in zip(parts, kinds, strict=True)
        ]

    return ag.cat([ag.reshape(t, (-1,)) for t in tensors]), apart
