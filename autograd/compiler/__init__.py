"""One run of a function as the NumPy code that a person could have written.

`capture` traces, `passes` simplify, `emit` writes, `compiled` calls. To be read in this
order: `program`, `traced`, `recorder`, `origin`, `reach`, `capture`, `passes`, `names`,
`text`, `emit`, `signature`, `compiled`.
"""
