-- Stays and care items without a contact, with the row to repair.
select distinct a.key, e.kind, e.event_id, e.unit_id, e.code, e._file as file, e._row as row
from activity a join events e on a.key = e.kind || ':' || e.event_id
where not a.is_matched
