"""The Monday letter, sent now."""

from datetime import timedelta
from typing import Annotated

import typer

from vardbalans.cli.app import DEFAULT_STORE, Json, Store, answer, app
from vardbalans.engine.errors import BadInput
from vardbalans.engine.messages import Message


@app.command()
def digest(
    anyway: Annotated[bool, typer.Option("--now", help="Gör veckans brev i dag, vilken veckodag det än är.")] = False,
    store: Store = DEFAULT_STORE,
    json_: Json = False,
) -> None:
    """Skicka de måndagsbrev som ska skickas, till dem som har bett om dem. Arbetaren gör det annars av sig själv."""
    from vardbalans.web import serve

    serve.prepare(store)
    from django.utils import timezone

    from vardbalans.web.jobs import leases, perform
    from vardbalans.web.mailing import actions
    from vardbalans.web.mailing.models import Letter, LetterState

    if not actions.is_set_up():
        raise BadInput(Message("E-post är inte inställd. Sätt VARDBALANS_MAIL_HOST."))
    if anyway:
        actions.make(timezone.localtime())
    actions.keep_house()
    while job := leases.claim(worker="digest", kind=actions.SEND):
        perform.perform(job)
    lately = Letter.objects.filter(made_at__gte=timezone.now() - timedelta(days=7))
    counts = {state.value: lately.filter(state=state).count() for state in LetterState}
    said = Message(
        "Brev de senaste sju dagarna: {sent} skickade, {waiting} väntar, {given_up} gick inte att skicka.", **counts
    )
    answer(counts, json_, str(said))
