"""The engine in one room: from an operation to its gradient in a few short files.

Read in this order: node (what is recorded), primitive (what an operation knows), apply
(how it is recorded), graph and sweep (how it is differentiated), tensor (what people hold).
"""
