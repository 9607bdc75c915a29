-- Slots: unit, service and resource come from the schedule.
create table made.slots as
select
    t.file, t.row, 'Slot' as resource,
    t.id as slot_id,
    s.unit_id,
    coalesce(s.service_id, o.service_id, s.unit_id || '|' || coalesce(t.service_key, s.service_key)) as service_id,
    if(s.service_id is null and o.service_id is null, coalesce(t.service_name, s.service_name), null) as derived_name,
    coalesce(t.kind, s.kind) as derived_kind,
    s.resource_id,
    instant(t.starts) as starts_at, instant(t.ends) as ends_at, t.status
from staged.slots t
left join made.schedules s on s.reference = t.schedule
left join made.offered o on o.unit_id = s.unit_id and o.service_key = coalesce(t.service_key, s.service_key);
