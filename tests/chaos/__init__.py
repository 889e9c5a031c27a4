"""Processes of a running stack are killed while guests book, and everything is counted when it is calm again.

`make chaos` for minutes, tests/journeys/test_chaos.py for seconds; the seed plays the same kills again.
"""
