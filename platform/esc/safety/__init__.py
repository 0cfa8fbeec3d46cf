"""Danger to life: what is noticed, who is shown where help is, and who is told (DESIGN §5)."""
