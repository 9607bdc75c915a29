-- Stays and care items without a contact, with the row to repair.
select number, kind, event_id, unit_id, code, _file as file, _row as row
from events where number in (select number from activity)
