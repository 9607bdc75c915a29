-- The waiting list through one month by its events, per service and unit: the count that a delivery must agree with.
-- $first: the month's first day. $after: the day after its last. flows: guarantee of the services that count.
-- before: events in the thirteen weeks before the month, for telling a unit that has gone silent.
with events as (
    select service_id, unit_id, coalesce(received, decided, issued) as day, 1 as inflow, 0 as treated, 0 as removed
    from referrals
    union all
    select service_id, unit_id, closed, 0, (closed_reason is not distinct from 'treated')::int,
        (closed_reason is distinct from 'treated')::int
    from referrals
    where closed is not null
)
select
    service_id, unit_id,
    coalesce(sum(inflow - treated - removed) filter (where day < $first), 0)::bigint as opening,
    coalesce(sum(inflow) filter (where day >= $first), 0)::bigint as inflow,
    coalesce(sum(treated) filter (where day >= $first), 0)::bigint as treated,
    coalesce(sum(removed) filter (where day >= $first), 0)::bigint as removed,
    count(*) filter (where day >= $first::date - 91 and day < $first) as before
from events
where day < $after
    and service_id in (select service_id from services where guarantee in (select guarantee from flows))
group by all
order by all
