-- Who waits twice for the same first visit or treatment, by requests of different days. Two that are known to come from
-- different contacts are two decisions, as for two hips.
with open_requests as (
    select r.*, count(r.origin_contact_id) over theirs as known, count(distinct r.origin_contact_id) over theirs as origins
    from referrals r join services s using (service_id)
    where r.closed is null and r.patient_key is not null and s.kind in ('first_visit', 'surgery')
    window theirs as (partition by r.patient_key, r.service_id)
)
select
    *,
    coalesce(lead(_file) over turn, first_value(_file) over turn) as other_file,
    coalesce(lead(_row) over turn, first_value(_row) over turn) as other_row
from open_requests
window
    turn as (partition by patient_key, service_id order by issued, _file, _row),
    theirs as (partition by patient_key, service_id)
qualify min(issued) over theirs < max(issued) over theirs and (known < count(*) over theirs or origins < known)
