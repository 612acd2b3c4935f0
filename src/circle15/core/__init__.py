"""The vocabulary every room shares: errors, units, limits, declared tables, rules and results.

Nothing here reads a file, looks at a clock or runs an algorithm.
"""
