"""What the admin's form of a study accepts: a protocol file that loads, and links that lead somewhere under it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from esc.errors import FileRefusal
from esc.studies.links import link_faults
from esc.studies.loading import default_protocol_text, parse_protocol
from esc.studies.models import EntryLink, Study


class StudyForm(forms.ModelForm[Study]):
    class Meta:
        model = Study
        fields = ["slug", "is_rehearsal", "draft"]
        help_texts = {
            "slug": "The short name stands in every participant's addresses (/study/short-name/) and in the names of "
            "exported files: letters, digits, hyphens and underscores. It cannot be changed later."
        }
        labels = {"slug": "Short name"}
        widgets = {"draft": forms.Textarea(attrs={"rows": 40, "class": "protocol-file", "spellcheck": "false"})}

    class Media:
        css = {"all": ["esc/admin.css"]}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is None:
            self.initial.setdefault("draft", default_protocol_text())
        if "draft" in self.fields:  # whoever may only look has no field to write in
            self.fields["draft"].strip = False  # type: ignore[attr-defined]  # a file is kept to its last line end

    def clean_draft(self) -> str:
        # A browser sends every line end as CR LF; the frozen copy and its SHA-256 are to be those of the file.
        draft: str = self.cleaned_data["draft"].replace("\r\n", "\n")
        try:
            parse_protocol(draft)
        except FileRefusal as refusal:
            raise ValidationError(str(refusal).splitlines()) from refusal
        return draft


class LinkFormSet(forms.BaseInlineFormSet[EntryLink, Study, forms.ModelForm[EntryLink]]):
    """The links of a study, each checked against the draft that is saved with them."""

    def clean(self) -> None:
        super().clean()
        try:
            protocol = parse_protocol(self.instance.draft)
        except FileRefusal:
            return  # said at the draft's own field
        for form in self.forms:
            link = getattr(form, "cleaned_data", {})
            if not link.get("label") or link.get("DELETE"):
                continue
            faults = link_faults(
                protocol, panel=link.get("panel", ""), role=link.get("role", ""), arm=link.get("arm", "")
            )
            for field, reason in faults.items():
                form.add_error(field, reason[:1].upper() + reason[1:] + ".")
