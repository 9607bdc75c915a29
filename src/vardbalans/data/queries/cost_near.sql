-- Performed contacts of the partition's patients that cost of the span can belong to: begun in it, or the year before.
-- $first, $after: the span. $low, $high: the patients of the partition, the first of them and the first beyond.
-- $base: numbers of the partition come after it. Times are compared as times: a date of each would cost more than all else.
select
    cast($base + row_number() over (order by c.contact_id) as bigint) as number,
    c.contact_id, c.patient_key, c.unit_id, c.service_id, c.profession, c.form, c.starts_at,
    coalesce(c.ends_at, c.starts_at) as ends_at, c.drg, c.drg_weight, c.diagnosis, s.kind, k.clinic_id,
    c.starts_at >= $first::timestamptz as is_inside
from contacts c join services s using (service_id) left join clinic_of k on k.unit_id = c.unit_id
where c.status = 'performed'
    and c.starts_at < $after::timestamptz and c.starts_at >= ($first::date - 366)::timestamptz
    and c.patient_key >= $low and c.patient_key < $high
