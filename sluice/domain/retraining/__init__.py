"""When is a model trained anew, and what became of it?"""
