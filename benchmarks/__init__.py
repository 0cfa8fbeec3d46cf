"""What the chat costs, measured beside the limit of its design: see docs/performance.md."""
