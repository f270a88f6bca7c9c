"""Which captured predictions does a deployment watch, and what does it make of what it sees?"""
