"""The audit trail is sealed: each row has the hash of its content, and a place in one signed chain."""

import hashlib
import json
from datetime import UTC

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

EVENTS, SEALS = "people_auditevent", "people_seal"


def sqlite_guards(table: str) -> list[str]:
    return [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
        for verb in ("UPDATE", "DELETE")
    ]


def postgresql_guards(table: str) -> list[str]:
    return [
        f"""CREATE TRIGGER {table}_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {EVENTS}_refuse()"""
    ]


GUARDS = {"sqlite": sqlite_guards, "postgresql": postgresql_guards}


def run(editor: BaseDatabaseSchemaEditor, statements: list[str]) -> None:
    for statement in statements:
        editor.execute(statement)


def unguard(editor: BaseDatabaseSchemaEditor, table: str) -> None:
    names = {"sqlite": ("no_update", "no_delete"), "postgresql": ("no_change",)}[editor.connection.vendor]
    on = "" if editor.connection.vendor == "sqlite" else f" ON {table}"
    run(editor, [f"DROP TRIGGER {table}_{name}{on}" for name in names])


def open_events(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    unguard(editor, EVENTS)


def guard_events(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    run(editor, GUARDS[editor.connection.vendor](EVENTS))


def hash_events(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Give the rows from before the hash of their content."""
    events = apps.get_model("people", "AuditEvent").objects.using(editor.connection.alias)
    for event in events.filter(content_hash="").iterator():
        at = event.at.astimezone(UTC).isoformat(timespec="microseconds")
        content = [at, event.actor_id, event.event, event.unit_id, event.target, event.reason, event.subjects]
        text = json.dumps(content, ensure_ascii=True, separators=(",", ":"))
        events.filter(pk=event.pk).update(content_hash=hashlib.sha256(text.encode()).hexdigest())


def guard_seals(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """Guard both tables, and put the lock's one row in place."""
    guard_events(apps, editor)
    run(editor, GUARDS[editor.connection.vendor](SEALS))
    apps.get_model("people", "SealLock").objects.using(editor.connection.alias).create(pk=1)


def unguard_seals(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    unguard(editor, SEALS)
    unguard(editor, EVENTS)


def nothing(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    """There is nothing to undo."""


class Migration(migrations.Migration):
    """Adds hashes, seals and their lock, and guards them."""

    dependencies = [("people", "0006_managers_and_audit_of_the_workplace")]

    operations = [
        migrations.RunPython(open_events, guard_events),
        migrations.AlterField("auditevent", "at", models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
        migrations.AddField("auditevent", "subjects", models.JSONField(default=list)),
        migrations.AddField("auditevent", "content_hash", models.CharField(max_length=64, default=""), preserve_default=False),
        migrations.CreateModel(
            name="SealLock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
            ],
        ),
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("sequence", models.BigIntegerField(primary_key=True, serialize=False)),
                ("content_hash", models.CharField(max_length=64)),
                ("root", models.CharField(max_length=64)),
                ("signature", models.CharField(max_length=64)),
                (
                    "event",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="seal", to="people.auditevent"
                    ),
                ),
            ],
        ),
        migrations.RunPython(hash_events, nothing),
        migrations.RunPython(guard_seals, unguard_seals),
    ]
