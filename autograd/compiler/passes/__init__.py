"""The passes: each a small function from program to program, in a file of its own.

None takes an algebraic identity that could cost accuracy (`simplify` changes no bit), so none is
left out by default. What becomes one sum or one product of matrices (`lay_images`, `stack_alike`,
`merge_products`, `merge_sums`, `sum_by_row`, `look_up_products`, `turn_wide_products`,
`multiply_in_tiles`, `multiply_in_portions`, and ``dot`` in place of ``sum`` in `call_directly`)
may be added up in another order, which shows in the last places.
"""

from __future__ import annotations

from dataclasses import replace

from autograd.compiler.passes.algebra import simplify
from autograd.compiler.passes.buffers import plan_buffers
from autograd.compiler.passes.common import merge_common
from autograd.compiler.passes.copies import drop_copies
from autograd.compiler.passes.counts import equal_counts
from autograd.compiler.passes.dead_code import remove_dead_code
from autograd.compiler.passes.elements import take_single_elements
from autograd.compiler.passes.flat import update_flat
from autograd.compiler.passes.folding import fold_constants
from autograd.compiler.passes.gradients import reuse_gradients
from autograd.compiler.passes.handing import hand_on_gradients
from autograd.compiler.passes.joins import stacks_as_joins
from autograd.compiler.passes.landing import land_results
from autograd.compiler.passes.late import compute_late
from autograd.compiler.passes.layout import lay_images
from autograd.compiler.passes.lookups import look_up_products
from autograd.compiler.passes.masks import multiply_masks
from autograd.compiler.passes.numbers_first import numbers_first
from autograd.compiler.passes.on_board import images_on_board
from autograd.compiler.passes.parts import place_parts
from autograd.compiler.passes.plainly import (
    leave_out_assumptions,
    leave_out_conversions,
    leave_out_zeros,
    plain_numbers,
)
from autograd.compiler.passes.pooled import relu_after_pool
from autograd.compiler.passes.portions import multiply_in_portions
from autograd.compiler.passes.quick import call_directly
from autograd.compiler.passes.recurrences import merge_products
from autograd.compiler.passes.repeats import repeat_late
from autograd.compiler.passes.rewriting import Pass
from autograd.compiler.passes.rows import rejoin_rows
from autograd.compiler.passes.scalars import use_floats
from autograd.compiler.passes.scatters import sum_by_row
from autograd.compiler.passes.stacking import stack_alike
from autograd.compiler.passes.sums import merge_sums
from autograd.compiler.passes.tiles import multiply_in_tiles
from autograd.compiler.passes.transposes import cancel_transposes, turn_products
from autograd.compiler.passes.upright import join_upright
from autograd.compiler.passes.views import shorten_views
from autograd.compiler.passes.wide import turn_wide_products
from autograd.compiler.passes.windows import share_windows
from autograd.compiler.program import Instruction, Program
from autograd.compiler.summands import same_gradients
from autograd.compiler.textbook import nest_steps

PASSES: tuple[Pass, ...] = (
    # numbers, and what is known without running
    take_single_elements,
    equal_counts,
    numbers_first,
    remove_dead_code,
    fold_constants,
    # images have their batch last from here on
    relu_after_pool,
    lay_images,
    # each call by itself; a program on single numbers is float code from here on
    cancel_transposes,
    simplify,
    use_floats,
    remove_dead_code,
    turn_products,
    # one call for many that are alike, and for sums of them
    merge_common,
    stack_alike,
    merge_products,
    merge_sums,
    stacks_as_joins,
    merge_common,
    rejoin_rows,
    # other calls that come to the same
    look_up_products,
    sum_by_row,
    shorten_views,
    remove_dead_code,
    join_upright,
    share_windows,
    turn_wide_products,
    multiply_masks,
    remove_dead_code,
    # large arrays piece by piece, while the pieces are in the cache
    multiply_in_portions,
    compute_late,
    # where results lie
    drop_copies,
    update_flat,
    land_results,
    reuse_gradients,
    place_parts,
    multiply_in_tiles,
    plan_buffers,
    # how calls are written
    call_directly,
)
"""In the order in which they are applied."""


TEXTBOOK: tuple[Pass, ...] = (
    hand_on_gradients,
    leave_out_assumptions,
    leave_out_conversions,
    take_single_elements,
    images_on_board,
    remove_dead_code,
    cancel_transposes,
    drop_copies,
    land_results,
    leave_out_zeros,
    plain_numbers,
    repeat_late,
    remove_dead_code,
    nest_steps,
)
"""What `derive` does: nothing that a reader of the formulas would miss (see `nest_steps`)."""


def improve(program: Program, passes: tuple[Pass, ...] = PASSES) -> Program:
    """Some passes, in order; none sees what it made itself again."""
    made: dict[Pass, list[Instruction]] = {}
    program = replace(program, alike=same_gradients(program))
    for change in passes:
        if made.get(change) is not program.instructions:
            program = change(program)
            made[change] = program.instructions
    return program


__all__ = ["PASSES", "TEXTBOOK", "Pass", "improve"]
