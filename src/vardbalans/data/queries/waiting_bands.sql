-- Summed waiting lists by band. What a list given whole has beside its bands has waited shorter than the first of them.
select
    unit_id, service_id, date, days_from,
    case when whole then first_band - 1 else days_to end as days_to,
    case when whole then count - coalesce(in_bands, 0) else count end::bigint as count
from (
    select
        *, days_from = 0 and days_to is null as whole,
        min(days_from) filter (where days_from > 0) over list as first_band,
        sum(count) filter (where days_from > 0) over list as in_bands
    from waiting window list as (partition by unit_id, service_id, date)
)
