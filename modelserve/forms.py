"""What a researcher may write of an agent, and what of that does not go together."""

from __future__ import annotations

from typing import Any

from django import forms

from modelserve.models import Agent, Trial


class AgentForm(forms.ModelForm[Agent]):
    class Meta:
        model = Agent
        fields = [
            "name",
            "engine",
            "checkpoint",
            "base_url",
            "api_key_env",
            "variant",
            "decoding",
            "batch",
            "is_served",
        ]

    def clean_decoding(self) -> dict[str, Any]:
        """Settings by their names; which names there are is the engine's affair, and it says so when it is loaded."""
        decoding = self.cleaned_data["decoding"] or {}
        if not isinstance(decoding, dict) or any(isinstance(value, dict | list) for value in decoding.values()):
            raise forms.ValidationError('Expected settings with one value each, such as {"temperature": 0.7}.')
        return decoding

    def clean(self) -> dict[str, Any]:
        """An endpoint has an address, and nothing else has. A page on which these are fixed does not ask again."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "engine" not in cleaned:
            return cleaned
        is_endpoint, address = cleaned["engine"] == Agent.Engine.OPENAI, cleaned.get("base_url")
        if is_endpoint and not address:
            self.add_error("base_url", "An endpoint needs its address, such as http://127.0.0.1:8001/v1.")
        if not is_endpoint and (address or cleaned.get("api_key_env")):
            self.add_error("base_url", "Only an endpoint has an address and a key.")
        return cleaned


class TrialForm(forms.ModelForm[Trial]):
    class Meta:
        model = Trial
        fields = ["agent", "conversation"]
