"""Who takes part: arrival from a panel, consent, the journey, sittings and their outcomes."""
