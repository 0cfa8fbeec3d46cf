"""A supporter that is a program: engines behind one small interface, and the worker that takes a seat."""
