"""The study: its protocol file, the versions it froze, and its arms."""
