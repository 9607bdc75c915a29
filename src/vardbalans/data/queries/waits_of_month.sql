-- Waits of one month, a row per referral: completed in it (part = completed), or waiting at its end (waiting).
-- $first: the month's first day. $after: the day after its last.
-- flows: code, guarantee and start of each flow. areas: medical area and specialty per unit, dated.
-- Who waits is who has arrived and not left, as in the list everywhere else; those whose wait is measured from a later
-- day than the month's last, or from a day that is not known, have not begun to wait.
with listed as (
    select
        r.referral_id, r.patient_key, r.unit_id, r.service_id, r.priority, r.closed, r.closed_reason, r._file, r._row,
        s.name as service_name, s.kind, s.form, f.code as flow,
        case f.start when 'issued' then r.issued else r.decided end as start,
        coalesce(r.received, r.decided, r.issued) as arrived
    from referrals r join services s using (service_id) join flows f using (guarantee)
),
waits as (
    select 'completed' as part, *, closed as until from listed
    where closed_reason = 'treated' and closed >= $first and closed < $after
    union all
    select 'waiting', *, $after::date - 1 from listed
    where arrived < $after and (closed is null or closed >= $after)
),
placed as (
    -- The service's own area before the unit's, and of several the newest.
    select w.referral_id, a.mvo, a.specialty
    from waits w join areas a
        on a.unit_id = w.unit_id and a.service_id in ('', w.service_id)
        and a.valid_from <= w.until and coalesce(a.valid_to, w.until) >= w.until
    qualify row_number() over (partition by w.referral_id order by a.service_id desc, a.valid_from desc) = 1
)
select
    w.part, w.referral_id, w.flow, w.start, w.until,
    case when w.part = 'completed' then w.until end as "end",
    w.until - w.start as days,
    w.part = 'completed' or coalesce(w.start < $after, false) as has_begun,
    w.unit_id, u.name as unit_name, u.hsa_id, a.mvo, a.specialty,
    w.service_id, w.service_name, w.kind, w.form, w.priority,
    p.sex, year(w.until) - p.birth_year as age,
    case when not p.protected then p.municipality end as municipality,
    w._file, w._row
from waits w
left join units u using (unit_id)
left join patients p using (patient_key)
left join placed a using (referral_id)
order by w._file, w._row
