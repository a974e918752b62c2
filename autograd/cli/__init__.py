"""The command line: draw and step through an expression, and the demo."""
