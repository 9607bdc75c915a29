-- Inhabitants by year, area, sex and age group.
-- $width: years per group. $last: the number of the last group, open upwards.
select
    year,
    area,
    sex,
    least(age // $width, $last) as age_group,
    sum(count)::double as inhabitants
from population
group by all
order by all
