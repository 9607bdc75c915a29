-- Measured length of performed contacts per service over the last year, in minutes.
-- Sums of whole seconds: the order in which rows are read then never shows in the last digit.
-- $since, $until: first day that counts, first day that does not.
select
    service_id,
    count(*) as activities,
    sum(seconds) / count(*) / 60.0 as mean_minutes,
    sqrt(greatest(0, (sum(seconds * seconds)::double - sum(seconds)::double * sum(seconds) / count(*))
        / greatest(1, count(*) - 1))) / 60.0 as sd_minutes
from (
    select service_id, date_diff('second', starts_at, ends_at)::hugeint as seconds
    from contacts
    where status = 'performed' and ends_at > starts_at and starts_at::date >= $since and starts_at::date < $until
)
group by all
order by all
