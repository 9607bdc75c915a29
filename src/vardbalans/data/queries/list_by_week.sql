-- Waiting list events per service and ISO week: people in, treated, and removed for other reasons.
-- A person joins the list when the request is received; a decision to treat counts from the decision. Nobody leaves it
-- before: who is said to has both events on the day of the first.
-- $until: the first day that does not count.
with events as (
    select service_id, coalesce(received, decided, issued) as day, 1 as inflow, 0 as treated, 0 as removed
    from referrals
    union all
    select
        service_id, greatest(closed, coalesce(received, decided, issued)), 0,
        (closed_reason = 'treated')::int, (closed_reason is distinct from 'treated')::int
    from referrals
    where closed is not null
)
select
    service_id,
    date_trunc('week', day)::date as week,
    sum(inflow)::bigint as inflow,
    sum(treated)::bigint as treated,
    sum(removed)::bigint as removed
from events
where day < $until
group by all
order by all
