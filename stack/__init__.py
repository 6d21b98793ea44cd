"""What a checkout needs around the tool: embedded servers, processes, setup.

Nothing here imports Django or a room of the tool. Only `manage.py`, the tests and the
benchmarks import it; modules that run before the virtual environment exists use the
standard library alone.
"""
