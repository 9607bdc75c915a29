"""The audit trail as it is sealed and verified: what someone with the database in hand does to it is named."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from vardbalans.data.identity.errors import WrongKey
from vardbalans.web.people import sealing, verifying
from vardbalans.web.people.audit import record
from vardbalans.web.people.models import AuditEvent, Event, Seal

pytestmark = pytest.mark.django_db
EVENTS, SEALS = AuditEvent._meta.db_table, Seal._meta.db_table
ROWS = 12


@pytest.fixture
def log(settings, tmp_path) -> None:
    """A log of twelve rows, sealed in two goes, in a store of its own."""
    settings.STORE = tmp_path
    for number in range(ROWS):
        record(Event.LOGGED_IN, by=None, target=f"person {number}", subjects=["P-1"])
        if number == 6:
            assert sealing.seal_all() == 7
    assert sealing.seal_all() == 5


@contextmanager
def in_hand() -> Iterator[None]:
    """Let the block do anything to the tables, past their guards, and undo it after."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "postgresql":
                cursor.execute("SET LOCAL session_replication_role = replica")
            else:
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
                for (name,) in cursor.fetchall():
                    cursor.execute(f"DROP TRIGGER {name}")
        yield
        transaction.set_rollback(True)


def sql(text: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(text, values)


def told() -> set[tuple[str, int | None]]:
    return {(item.code, item.sequence) for item in verifying.verify().problems if item.code != "unguarded"}


def event_at(sequence: int) -> int:
    return Seal.objects.get(pk=sequence).event_id


def test_a_sealed_log_verifies_and_tells_what_waits(log) -> None:
    record(Event.LOGGED_OUT, by=None, target="inte förseglad än")
    report = verifying.verify()
    assert (report.rows, report.sealed, report.unsealed, report.sequence) == (ROWS + 1, ROWS, 1, ROWS)
    assert report.problems == ()
    assert [head.sequence for head in sealing.heads()] == [7, 12]
    assert sealing.seal_all(everything=False) == 1
    assert sealing.seal_all() == 0
    assert [head.sequence for head in sealing.heads()] == [7, 12, 13], "no head without something new"


def test_a_long_log_is_read_piece_by_piece(log) -> None:
    for number in range(verifying._CHUNK):
        record(Event.LOGGED_IN, by=None, target=f"person {number}")
    sealing.seal_all()
    report = verifying.verify()
    assert (report.sealed, report.problems) == (ROWS + verifying._CHUNK, ())
    with in_hand():
        gone = event_at(verifying._CHUNK + 1)
        sql(f"DELETE FROM {EVENTS} WHERE id = %s", gone)
        assert told() == {("dropped", verifying._CHUNK + 1)}


def test_an_empty_log_needs_no_key(settings, tmp_path) -> None:
    settings.STORE = tmp_path
    assert verifying.verify().problems == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", [EVENTS, SEALS])
@pytest.mark.parametrize("statement", ["UPDATE {t} SET content_hash = 'x'", "DELETE FROM {t}"])
def test_the_database_refuses_to_change_rows_and_seals(table, statement, log) -> None:
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        sql(statement.format(t=table))
    assert verifying.verify().problems == ()


def test_a_flipped_row_is_named(log) -> None:
    for column in ("target", "reason", "unit_id", "event"):
        with in_hand():
            sql(f"UPDATE {EVENTS} SET {column} = 'x' WHERE id = %s", event_at(4))
            assert told() == {("changed", 4)}
    with in_hand():
        row = AuditEvent.objects.get(pk=event_at(4))
        row.subjects = []
        row.save()  # its own hash is made anew
        assert told() == {("changed", 4)}


def test_a_dropped_row_is_named_with_or_without_its_seal(log) -> None:
    with in_hand():
        sql(f"DELETE FROM {EVENTS} WHERE id = %s", event_at(5))
        assert told() == {("dropped", 5)}
    with in_hand():
        gone = event_at(5)
        sql(f"DELETE FROM {SEALS} WHERE sequence = 5")
        sql(f"DELETE FROM {EVENTS} WHERE id = %s", gone)
        assert told() == {("seal_missing", 5)}


def test_rows_that_changed_places_are_named(log) -> None:
    with in_hand():
        one, other = (AuditEvent.objects.get(pk=event_at(number)) for number in (3, 9))
        one.pk, other.pk = other.pk, one.pk
        one.save()
        other.save()
        assert told() == {("swapped", 3), ("swapped", 9)}


@pytest.mark.parametrize("left", [11, 7, 3, 0])
def test_a_cut_tail_is_named(left, log) -> None:
    with in_hand():
        gone = list(Seal.objects.filter(pk__gt=left).values_list("event_id", flat=True))
        sql(f"DELETE FROM {SEALS} WHERE sequence > %s", left)
        AuditEvent.objects.filter(pk__in=gone)._raw_delete("default")
        assert told() == {("cut", left + 1)}


def test_a_cut_tail_that_was_written_anew_is_seen_at_the_head(log) -> None:
    with in_hand():
        gone = [event_at(11), event_at(12)]
        sql(f"DELETE FROM {SEALS} WHERE sequence > 10")
        AuditEvent.objects.filter(pk__in=gone)._raw_delete("default")
        record(Event.LOGGED_OUT, by=None)
        record(Event.LOGGED_OUT, by=None)
        sealing.seal_all()
        assert ("head_differs", 12) in told()


def test_a_chain_made_anew_without_the_key_is_named_row_by_row(log) -> None:
    with in_hand():
        root = Seal.objects.get(pk=7).root
        for place in Seal.objects.filter(pk__gte=8).order_by("pk"):
            row = AuditEvent.objects.get(pk=place.event_id)
            row.target = "förfalskad"
            row.save()
            root = sealing.root_after(root, place.pk, row.pk, row.content_hash)
            signature = sealing.signature_of(b"another key", place.pk, row.pk, row.content_hash, root)
            Seal.objects.filter(pk=place.pk).update(content_hash=row.content_hash, root=root, signature=signature)
        assert told() == {("forged", number) for number in range(8, 13)} | {("head_differs", 12)}


def test_heads_that_are_gone_or_forged_are_told_and_a_torn_line_is_not(log) -> None:
    path = sealing.heads_file()
    kept = path.read_text()
    path.write_text(kept + kept.splitlines()[-1][:40])
    record(Event.LOGGED_OUT, by=None)
    sealing.seal_all()
    assert told() == set()
    assert list(sealing.heads())[-1].sequence == ROWS + 1
    path.write_text(kept.replace('"sequence": 7', '"sequence": 8'))
    assert told() == {("head_forged", None)}
    path.unlink()
    assert told() == {("heads_missing", None)}


def test_another_key_is_told_as_such(log, monkeypatch, tmp_path_factory) -> None:
    key = tmp_path_factory.mktemp("other") / "key"
    key.write_text("ab" * 32)
    key.chmod(0o600)
    monkeypatch.setenv("VARDBALANS_KEY_FILE", str(key))
    with pytest.raises(WrongKey):
        verifying.verify()


def test_missing_guards_are_told(log) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(f"DROP TRIGGER {SEALS}_no_update")
            assert [item.code for item in verifying.verify().problems] == ["unguarded"]
        transaction.set_rollback(True)


def test_latecomers_find_their_place(log) -> None:
    """A row whose transaction ends after later ones were sealed: made here with an id of the past."""
    late = AuditEvent(pk=event_at(1) - 1, event=Event.LOGGED_IN, target="sen")
    late.save(force_insert=True)
    assert sealing.seal_all(everything=False) == 1
    assert event_at(ROWS + 1) == late.pk
    assert verifying.verify().problems == ()


places = st.integers(1, ROWS)


@given(
    deeds=st.lists(
        st.one_of(
            st.tuples(st.just("flip"), places),
            st.tuples(st.just("drop"), places),
            st.tuples(st.just("unseal"), places),
            st.tuples(st.just("sign"), places),
            st.tuples(st.just("move"), places),
        ),
        min_size=1,
        max_size=4,
        unique_by=lambda deed: deed[1],
    )
)
@examples(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_done_each_place_is_named(deeds, log) -> None:
    with in_hand():
        for deed, place in deeds:
            event = event_at(place)
            match deed:
                case "flip":
                    sql(f"UPDATE {EVENTS} SET target = %s WHERE id = %s", f"x{place}", event)
                case "drop":
                    sql(f"DELETE FROM {EVENTS} WHERE id = %s", event)
                case "unseal":
                    sql(f"DELETE FROM {SEALS} WHERE sequence = %s", place)
                case "sign":
                    sql(f"UPDATE {SEALS} SET signature = %s WHERE sequence = %s", "0" * 64, place)
                case "move":
                    sql(f"UPDATE {EVENTS} SET at = %s WHERE id = %s", "2020-01-01 00:00:00+00:00", event)
        report = verifying.verify()
        named = {item.sequence for item in report.problems if item.sequence}
        reached = named | _hidden(report.problems)
        assert {place for _deed, place in deeds} <= reached
        assert named <= {place for _deed, place in deeds} | {place + 1 for _deed, place in deeds}


def _hidden(problems) -> set[int]:
    """Return the places that a gap or a cut names by its first: all up to the next seal, or to the end."""
    there = set(Seal.objects.values_list("pk", flat=True))
    return set(range(1, ROWS + 1)) - there if any(p.code in {"seal_missing", "cut"} for p in problems) else set()
