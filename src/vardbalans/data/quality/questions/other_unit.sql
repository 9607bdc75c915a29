-- Rows of a service at a unit that is not its own, nor the one above or below it. A pair that is there in most months
-- is how the service is run, and no mistake.
-- {table}, {day}: the table and the day that places its rows in time.
with homes as (
    select s.service_id, s.unit_id as home, h.parent_id as above
    from services s left join units h on h.unit_id = s.unit_id
),
months as (
    select unit_id, service_id, date_trunc('month', {day}) as month from {table} group by all
),
usual as (
    select unit_id, service_id
    from (select unit_id, service_id, count(*) as here from months group by all)
    join (select service_id, count(distinct month) as life from months group by all) using (service_id)
    where life >= 6 and 2 * here > life
)
select t.*, null::varchar as other_file, null::bigint as other_row
from {table} t
join homes h using (service_id)
left join units u on u.unit_id = t.unit_id
where t.unit_id <> h.home
    and t.unit_id is distinct from h.above
    and u.parent_id is distinct from h.home
    and (t.unit_id, t.service_id) not in (select (unit_id, service_id) from usual)
