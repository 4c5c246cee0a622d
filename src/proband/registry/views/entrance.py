"""Signing in and out, a password of one's own, the style sheet, and what is said to whoever is locked out."""

from __future__ import annotations

import time
from functools import cache
from importlib.resources import files
from typing import Any

from django import forms
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.contrib.auth.views import LoginView, LogoutView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_post_parameters

from proband.pages.rendering import style
from proband.record import RecordError
from proband.registry.accounts import choose_password
from proband.registry.opened import record
from proband.registry.passkey_offers import live_passkeys


class SignIn(LoginView):
    """The entrance: an identifier of the record and a password."""

    template_name = "registry/sign_in.html"
    redirect_authenticated_user = True

    def form_valid(self, form: Any) -> HttpResponse:
        """Signed in; whoever has a passkey shows it first."""
        account = form.get_user()
        with record().reading() as state:
            known = live_passkeys(state, account.username)
        if not known:
            return super().form_valid(form)
        self.request.session.cycle_key()
        self.request.session["half"] = {
            "person": account.username,
            "at": time.time(),
            "next": self.get_success_url(),
        }
        return redirect("second-factor")


class SignOut(LogoutView):
    """The way out: the session ends, and the browser is told to keep nothing of it."""

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Over, here and in the browser."""
        answer: HttpResponse = super().post(request, *args, **kwargs)
        answer["Clear-Site-Data"] = '"cache", "storage"'
        return answer


@login_not_required
def sheet(request: HttpRequest) -> HttpResponse:
    """The style of every page: that of the public pages, and what work in a programme needs beside it."""
    return HttpResponse(
        _sheet(), content_type="text/css; charset=utf-8", headers={"Cache-Control": "max-age=3600"}
    )


@cache
def _sheet() -> str:
    own = (files("proband.registry") / "assets" / "registry.css").read_text(encoding="utf-8")
    return f"{style()}\n{own}"


class OwnPassword(forms.Form):
    """The password that one has, and the one that one chooses."""

    old: Any = forms.CharField(
        label="The password that you have",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new: Any = forms.CharField(
        label="The password that you choose",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again: Any = forms.CharField(
        label="The same again",
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def clean(self) -> dict[str, Any]:
        """Both are the same."""
        found: dict[str, Any] = super().clean() or self.cleaned_data
        if found.get("new") != found.get("again"):
            self.add_error("again", "this is not the same as above")
        elif found.get("new") and found.get("new") == found.get("old"):
            self.add_error("new", "choose another one than the one that you have")
        return found


@sensitive_post_parameters()
def own_password(request: HttpRequest) -> HttpResponse:
    """Choose a password; the person's key is locked with it, and opens with no other."""
    form = OwnPassword(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            validate_password(said["new"], request.user)
        except ValidationError as error:
            form.add_error("new", error)
        if not request.user.check_password(said["old"]):
            form.add_error("old", "this is not the password that you have")
    if request.method == "POST" and form.is_valid():
        try:
            choose_password(record(), request.user, said["old"], said["new"])
        except RecordError as error:
            form.add_error("old", f"{error.message}; {error.mend}")
        else:
            # every other session of this account ends
            update_session_auth_hash(request, request.user)
            return redirect("home")
    status = 422 if request.method == "POST" else 200
    return render(
        request,
        "registry/own_password.html",
        {"form": form, "rules": password_validators_help_texts()},
        status=status,
    )


@login_not_required
def locked_out(request: HttpRequest, *_: Any, **__: Any) -> HttpResponse:
    """Too many wrong passwords."""
    return render(request, "registry/said.html", {
        "title": "Locked for a quarter of an hour",
        "words": "Too many wrong passwords were given for this account. Wait, then try again; nobody can shorten it from here.",
    }, status=429)  # fmt: skip


@login_not_required
def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that did not come from a page of this session."""
    return render(request, "registry/said.html", {
        "title": "This page is too old",
        "words": "The form did not come from a page of this session, so nothing was done with it now. If it was sent before, look whether it was recorded then; else open the page again and fill it in there.",
    }, status=403)  # fmt: skip
