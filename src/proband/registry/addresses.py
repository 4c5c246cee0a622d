"""The addresses of the registry."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import path

from proband.registry.api import api
from proband.registry.views import (
    audited,
    board,
    coordinating,
    done,
    dropping,
    entrance,
    examining,
    family,
    keys,
    laboratory,
    shown,
)

urlpatterns = [
    path("", shown.home, name="home"),
    path("sheet.css", entrance.sheet, name="sheet"),
    path("sign-in/", entrance.SignIn.as_view(), name="sign-in"),
    path("sign-in/passkey/", keys.second_factor, name="second-factor"),
    path("sign-out/", LogoutView.as_view(next_page="sign-in"), name="sign-out"),
    path("password/", entrance.own_password, name="own-password"),
    path("keys/", keys.own_keys, name="keys"),
    path("keys/passkey.js", keys.script, name="key-script"),
    path("keys/made/", keys.made_here, name="key-made"),
    path("keys/offer/", keys.offered_here, name="key-offer"),
    path("keys/<str:key>/enrol/", keys.enrol, name="key-enrol"),
    path("matrix/", shown.matrix, name="matrix"),
    path("table/<str:name>/", shown.listing, name="listing"),
    path("participant/<str:subject>/", shown.participant, name="participant"),
    path("product/<str:subject>/", shown.product, name="product"),
    path("product/<str:subject>/batch-record/", laboratory.batch, name="batch-record"),
    path("laboratory/", laboratory.index, name="laboratory"),
    path("laboratory/<str:coi>/", laboratory.family, name="family"),
    path("board/", board.board, name="board"),
    path("board/open-pack.json", board.open_pack, name="open-pack"),
    path("inbox/", coordinating.inbox, name="inbox"),
    path("screening/<str:subject>/", coordinating.screening, name="screening"),
    path("calendar/", coordinating.calendar_address, name="calendar-address"),
    path("calendar/<str:secret>.ics", coordinating.calendar, name="calendar"),
    path("participant/<str:subject>/link/", family.make, name="family-link"),
    path("examine.js", examining.script, name="examine-script"),
    path("participant/<str:subject>/examine/", examining.index, name="examine-index"),
    path("participant/<str:subject>/examine/<str:name>/", examining.examine, name="examine"),
    path("participant/<str:subject>/examine/<str:name>/result/", examining.result, name="examine-result"),
    path("own/", family.page, name="family-page"),
    path("own/withdraw/", family.withdraw, name="family-withdraw"),
    path("own/leave/", family.leave, name="family-leave"),
    path("own/<str:secret>/", family.entrance, name="family-entrance"),
    path("drop/", dropping.drop, name="drop"),
    path("drop/<str:token>/", dropping.preview, name="dropped"),
    path("history/<str:subject>/", audited.differences, name="history"),
    path("audit/", audited.search, name="audit"),
    path("audit/verify/", audited.verified, name="verify"),
    path("audit/log.jsonl", audited.carried_log, name="carried-log"),
    path("audit/verifier.html", audited.verifier, name="verifier"),
    path("reads/", audited.reads, name="reads"),
    path("event/<int:seq>/", audited.event, name="event"),
    path("do/", done.index, name="do-index"),
    path("do/<str:verb>/", done.do, name="do"),
    path("sign/<str:key>/", done.sign, name="sign"),
    path("bed/", done.bed, name="bed"),
    path("api/", api.urls),
]
handler404 = "proband.registry.guarding.not_found"
