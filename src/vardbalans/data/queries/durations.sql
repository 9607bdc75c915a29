-- Measured length of performed contacts per service over the last year: minutes, and days for whole stays.
-- $since, $until: first day that counts, first day that does not.
select
    service_id,
    count(*) as activities,
    avg(minutes) as mean_minutes,
    coalesce(stddev_samp(minutes), 0) as sd_minutes
from (
    select service_id, date_diff('second', starts_at, ends_at) / 60.0 as minutes
    from contacts
    where status = 'performed' and ends_at > starts_at and starts_at::date >= $since and starts_at::date < $until
)
group by all
order by all
