"""Bytes of a request -> a checked batch; a model's tensors -> bytes of an answer. One module per form."""
