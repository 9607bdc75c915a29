-- Squares within DRG groups and in all, of innerfall with a DRG, for inpatient and outpatient care.
with inside as (
    select is_inpatient, drg, ore, avg(ore) over (partition by is_inpatient) as mean, avg(ore) over (partition by is_inpatient, drg) as own
    from costed where not is_outlier and drg is not null
)
select
    is_inpatient, count(*) as contacts, count(distinct drg) as drgs,
    sum((ore - own) * (ore - own)) as within, sum((ore - mean) * (ore - mean)) as total
from inside group by is_inpatient order by is_inpatient
