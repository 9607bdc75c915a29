-- Stays and care items of the partition's patients within the span; a stay has the days of it that lie in the span.
-- $first, $after: the span. $low, $high: the patients of the partition. $base: as for near.
with events as (
    select
        'stay' as kind, stay_id as event_id, patient_key, clinic_id as unit_id, ward_id, admitted as given_at,
        null::text as contact_id, coalesce(bed_kind, '') as code,
        (
            epoch(least(coalesce(discharged, $after::timestamptz), $after::timestamptz))
            - epoch(greatest(admitted, $first::timestamptz))
        ) / 86400 as quantity,
        null::bigint as amount_ore, _file, _row
    from stays
    where admitted < $after::timestamptz and coalesce(discharged, $after::timestamptz) > $first::timestamptz
        and patient_key >= $low and patient_key < $high
    union all
    select kind, item_id, patient_key, unit_id, null, given_at, contact_id, coalesce(code, ''), quantity, amount_ore, _file, _row
    from care_items
    where given_at >= $first::timestamptz and given_at < $after::timestamptz and patient_key >= $low and patient_key < $high
)
select
    cast($base + (select count(*) from near) + row_number() over (order by kind, event_id, _file, _row) as bigint) as number, *
from events
