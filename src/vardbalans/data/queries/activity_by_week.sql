-- Slots per service and ISO week: performed, and lost to no-shows and late cancellations.
-- $until: the first day that does not count.
select
    service_id,
    date_trunc('week', starts_at)::date as week,
    count(*) filter (where status = 'performed') as performed,
    count(*) filter (where status in ('no_show', 'late_cancelled')) as lost
from contacts
where starts_at::date < $until and status in ('performed', 'no_show', 'late_cancelled')
group by all
order by all
