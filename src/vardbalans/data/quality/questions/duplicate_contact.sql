-- Contacts that are there more than once: same patient, unit, service and start. A time that was cancelled and given
-- again is not: cancelled ones are compared among themselves.
-- The first pass keeps one number per contact only, so that millions of rows fit in memory.
with alike as (
    select hash(patient_key, unit_id, service_id, starts_at, status in ('cancelled_patient', 'cancelled_provider')) as mark
    from contacts
    where patient_key is not null and starts_at is not null
    group by mark
    having count(*) > 1
),
suspects as (
    select *, status in ('cancelled_patient', 'cancelled_provider') as cancelled
    from contacts
    where hash(patient_key, unit_id, service_id, starts_at, status in ('cancelled_patient', 'cancelled_provider'))
        in (select mark from alike)
)
select
    *,
    coalesce(lead(_file) over turn, first_value(_file) over turn) as other_file,
    coalesce(lead(_row) over turn, first_value(_row) over turn) as other_row
from suspects
where patient_key is not null and starts_at is not null
window
    turn as (partition by patient_key, unit_id, service_id, starts_at, cancelled order by _file, _row),
    all_of_them as (partition by patient_key, unit_id, service_id, starts_at, cancelled)
qualify count(*) over all_of_them > 1
