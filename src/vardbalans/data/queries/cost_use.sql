-- What the contacts of each service used of each pool, in thousandths of its unit.
select c.service_id, a.pool, cast(sum(a.quantity) as bigint) as quantity
from activity a join costed c on c.number = a.number
group by 1, 2
order by 1, 2
