-- Rows of a service at a unit that is not its own. A pair that is there in most months, or in a fifth of the rows and at
-- least twenty, is how the service is run, and no mistake.
-- {table}, {day}: the table and the day that places its rows in time.
with months as (
    select unit_id, service_id, date_trunc('month', {day}) as month, count(*) as n from {table} group by all
),
usual as (
    select unit_id, service_id
    from (select unit_id, service_id, count(*) as here, sum(n) as rows_here from months group by all)
    join (select service_id, count(distinct month) as life, sum(n) as all_rows from months group by all)
        using (service_id)
    where (life >= 6 and 2 * here > life) or (rows_here >= 20 and 5 * rows_here >= all_rows)
)
select t.*, null::varchar as other_file, null::bigint as other_row
from {table} t
join (select service_id, unit_id as home from services) s using (service_id)
where t.unit_id <> s.home and (t.unit_id, t.service_id) not in (select (unit_id, service_id) from usual)
