"""How often supporters use each strategy: what the `random` variant draws from (paper, §6.2)."""

from __future__ import annotations

from collections.abc import Mapping

from esc.ontology import Strategy

# Of 14,855 utterances of supporters (paper, Table 3).
TABLE_3: Mapping[str, int] = {
    Strategy.QUESTION.value: 3_109,
    Strategy.RESTATEMENT.value: 883,
    Strategy.REFLECTION.value: 1_156,
    Strategy.SELF_DISCLOSURE.value: 1_396,
    Strategy.AFFIRMATION.value: 2_388,
    Strategy.SUGGESTIONS.value: 2_323,
    Strategy.INFORMATION.value: 904,
    Strategy.OTHERS.value: 2_696,
}
