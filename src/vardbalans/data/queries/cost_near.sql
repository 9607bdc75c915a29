-- Performed contacts of the partition's patients that cost of the span can belong to: begun in it, or the year before.
-- $first, $after: the span. $low, $high: the patients of the partition, the first of them and the first beyond.
select
    c.contact_id, c.patient_key, c.unit_id, c.service_id, c.profession, c.form, c.starts_at,
    coalesce(c.ends_at, c.starts_at) as ends_at, c.drg, c.drg_weight, c.diagnosis, s.kind, k.clinic_id,
    c.starts_at::date >= $first as is_inside
from contacts c join services s using (service_id) left join clinic_of k on k.unit_id = c.unit_id
where c.status = 'performed'
    and c.starts_at::date < $after and c.starts_at::date >= $first - 366
    and c.patient_key >= $low and c.patient_key < $high
