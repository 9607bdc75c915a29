-- Rows without a value that the service practically always has: less than one in a hundred lacks it in its median month,
-- and less than one in ten over all; over all less than one in a hundred, where not six months have ten rows.
-- {column}, {among}: the column, and the predicate of the rows that should have it.
with monthly as (
    select
        unit_id, service_id, date_trunc('month', starts_at) as month,
        count(*) as n, count(*) filter (where {column} is null) as missing
    from contacts
    where {among}
    group by all
),
usual as (
    select
        unit_id, service_id,
        case
            when count(*) filter (where n >= 10) < 6 then if(sum(n) >= 50, sum(missing) / sum(n), null)
            when sum(missing) < 0.1 * sum(n) then median(missing / n) filter (where n >= 10)
        end as share
    from monthly
    group by all
)
select c.*, null::varchar as other_file, null::bigint as other_row
from contacts c join usual u using (unit_id, service_id)
where {among} and c.{column} is null and u.share < 0.01
