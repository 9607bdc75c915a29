-- Performed contacts per service, span of time before $until, age group, sex and area of the population; null where not
-- known, or outside the population.
-- $days: the length of a span; span 0 is the last one. $spans: how many. $width, $last: age groups as of the population.
select
    service_id,
    ($until::date - 1 - starts_at::date) // $days as span,
    case when age is not null then least(age // $width, $last) end as age_group,  -- least() passes over nulls
    sex,
    case when municipality in (select area from population) then municipality end as area,
    count(*) as contacts
from contacts
where status = 'performed' and starts_at::date < $until and starts_at::date >= $until::date - $days * $spans
group by all
order by all
