-- Requests that are open although the care is given: by the link, or, for services whose contacts are never linked, by
-- the same patient and service since the request.
with linked as (
    select referral_id, service_id, min_by(struct_pack(file := _file, place := _row), (starts_at, _file, _row)) as done
    from contacts
    where status = 'performed' and referral_id in (select referral_id from referrals where closed is null)
    group by all
),
unlinked as (
    select patient_key, service_id, max_by(struct_pack(file := _file, place := _row, day := starts_at::date), (starts_at, _file, _row)) as done
    from contacts
    where status = 'performed' and patient_key in (select patient_key from referrals where closed is null)
        and service_id not in (select service_id from contacts where referral_id is not null)
    group by all
)
select r.*, coalesce(l.done.file, u.done.file) as other_file, coalesce(l.done.place, u.done.place) as other_row
from referrals r
left join linked l on l.referral_id = r.referral_id and l.service_id = r.service_id
left join unlinked u on u.patient_key = r.patient_key and u.service_id = r.service_id and u.done.day >= r.issued
where r.closed is null and (l.referral_id is not null or u.patient_key is not null)
