-- Requests that are open although another unit has given the care: a contact under the same request with a service of the
-- same kind, or, since the request was issued, a service of the same name and kind to the same patient.
with asked as (
    select r.*, s.name as service_name, s.kind from referrals r join services s using (service_id) where r.closed is null
),
given as (
    select c.patient_key, c.referral_id, c.unit_id, c.starts_at::date as day, s.name as service_name, s.kind, c._file, c._row
    from contacts c join services s using (service_id)
    where c.status = 'performed' and c.patient_key in (select patient_key from asked)
),
pairs as (
    select a.referral_id, g._file as other_file, g._row as other_row
    from asked a join given g on g.referral_id = a.referral_id
    where g.unit_id <> a.unit_id and g.kind = a.kind
    union all
    select a.referral_id, g._file, g._row
    from asked a join given g on g.patient_key = a.patient_key and g.service_name = a.service_name
    where g.unit_id <> a.unit_id and g.kind = a.kind and g.day >= a.issued
)
select r.*, p.other_file, p.other_row
from referrals r join (
    select referral_id, min(other_file) as other_file, arg_min(other_row, (other_file, other_row)) as other_row
    from pairs group by referral_id
) p using (referral_id)
where r.closed is null
