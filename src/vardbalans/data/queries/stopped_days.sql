-- The waits with the days they were stopped, a day in several stops counted once, and the deviation that goes first.
-- waits: as waits_of_month.sql gives them. stops: referral_id, kind, first and last day of each stop that holds.
-- deviations: kind, code and place of each kind of stop that is a reason.
with ordered as (
    select *, max(last) over (
        partition by referral_id order by first, last rows between unbounded preceding and 1 preceding
    ) as before
    from stops
),
stopped as (
    select
        o.referral_id,
        sum(greatest(0, last - greatest(first, coalesce(before + 1, first)) + 1))::bigint as days_stopped,
        arg_min(d.code, d.place) as deviation
    from ordered o left join deviations d using (kind)
    group by o.referral_id
)
select
    w.*, coalesce(s.days_stopped, 0) as days_stopped, w.days - coalesce(s.days_stopped, 0) as days_counted, s.deviation
from waits w left join stopped s using (referral_id)
order by w._file, w._row
