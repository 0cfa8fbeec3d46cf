"""Every page's address. A participant's pages live under their study's."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path

from esc import views
from esc.staff.forms import SignInForm

admin.site.site_header = admin.site.site_title = "Emotional support conversations"
admin.site.index_title = "Research"
admin.site.login_form = SignInForm

urlpatterns = [
    path("", views.home, name="home"),
    path("health/", views.health, name="health"),
    path("favicon.ico", views.favicon),
    path("admin/", admin.site.urls),
    path("", include("esc.participants.urls")),
    path("study/<slug:slug>/", include("tutorial.urls")),
    path("study/<slug:slug>/", include("surveys.urls")),
    path("study/<slug:slug>/", include("chat.urls")),
]
