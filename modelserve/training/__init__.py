"""Teaches a checkpoint to support, and scores it (paper, §6, Appendix C). It knows conversations, and no database."""
