"""Machine marks: from a response and a criterion to a proposed level with its reasons.

Nothing in this package imports Django or touches a database, so that the mathematics can be
read, tested and reused alone.
"""
