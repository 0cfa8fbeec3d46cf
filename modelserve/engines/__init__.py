"""Engines: what a supporter that is a program says next. They know nothing of Django, of studies or of the worker."""
