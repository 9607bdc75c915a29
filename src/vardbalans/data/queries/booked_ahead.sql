-- Booked contacts from $since until $until (days), with how their service's slots ended in the year before $since.
-- lost: nobody came, or it was called off too late to be used again; held: those, and the performed.
with
ended as (
    select
        service_id,
        count(*) filter (where status in ('no_show', 'late_cancelled')) as lost,
        count(*) as held
    from contacts
    where
        starts_at::date >= $since::date - 365 and starts_at::date < $since
        and status in ('performed', 'no_show', 'late_cancelled')
    group by all
)

select
    contact_id,
    starts_at,
    unit_id,
    service_id,
    coalesce(lost, 0) as lost,
    coalesce(held, 0) as held
from contacts
left join ended using (service_id)
where status = 'booked' and starts_at::date >= $since and starts_at::date < $until
order by starts_at, contact_id
