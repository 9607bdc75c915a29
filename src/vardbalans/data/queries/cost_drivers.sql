-- What each driver is at each cost centre: its periods that begin within the span, or else the latest before it.
-- $first: the first month as text. $last: the last month as text.
with dated as (
    select cost_centre, driver, value, left(period, 7) as month from drivers where left(period, 7) <= $last
),
held as (
    select driver, max(month) as latest, max(month) >= $first as is_within from dated group by driver
)
select d.driver, d.cost_centre, sum(d.value) as value
from dated d join held h on h.driver = d.driver and (d.month >= $first and h.is_within or d.month = h.latest)
group by 1, 2
order by 1, 2
