-- What contacts tell per service and month: how each slot ended, and the seconds of those performed.
-- $since, $until: first day that counts, first day that does not.
select
    service_id,
    year(starts_at) * 12 + month(starts_at) - 1 as month,
    count(*) filter (where status = 'performed') as performed,
    count(*) filter (where status = 'no_show') as no_show,
    count(*) filter (where status = 'late_cancelled') as late_cancelled,
    coalesce(sum(date_diff('second', starts_at, ends_at)) filter (where status = 'performed' and ends_at > starts_at), 0)
        as seconds,
    count(*) filter (where status = 'performed' and ends_at > starts_at) as timed
from contacts
where starts_at::date >= $since and starts_at::date < $until and status in ('performed', 'no_show', 'late_cancelled')
group by all
order by all
