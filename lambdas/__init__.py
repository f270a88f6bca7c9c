"""The functions' handlers, one a module."""

import gc

# What a cold start imports is there to stay: looking for garbage in it after every 700 new objects, as CPython does by
# default, takes 7 to 8 % of the start's CPU time.
gc.set_threshold(10_000)
