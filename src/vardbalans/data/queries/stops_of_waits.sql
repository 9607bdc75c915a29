-- Clock stops that touch a wait, with what their reason lacks. waits: referral_id, start and until of each wait.
-- Day 1 of a wait is the day after its start; a stop's days are cut to the wait's.
-- Patient-chosen waiting needs information, an offered day and clock time, and a no; silence or rebooking is none of them.
select
    w.referral_id, c.kind,
    greatest(c.date_from, w.start + 1) as first,
    least(coalesce(c.date_to, w.until), w.until) as last,
    c.kind = 'patient_choice' and not coalesce(c.informed, false) as not_informed,
    c.kind = 'patient_choice' and c.offered_at is null as not_offered,
    -- A day without a clock time is stored as midnight.
    c.kind = 'patient_choice' and coalesce(c.offered_at::timestamp::time = time '00:00', false) as without_time,
    c.kind = 'patient_choice' and not coalesce(c.declined, false) as not_declined,
    c._file, c._row
from waits w join clock_stops c using (referral_id)
where w.start is not null -- greatest() passes over what is missing
    and greatest(c.date_from, w.start + 1) <= least(coalesce(c.date_to, w.until), w.until)
order by c._file, c._row
