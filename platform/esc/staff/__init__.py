"""Researchers' accounts: how often somebody may try a password, and how long they stay signed in."""
