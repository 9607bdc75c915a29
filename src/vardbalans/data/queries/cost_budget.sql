-- The budget by month, cost centre and account; what is given for a whole year is spread over its months, whole öre
-- that sum to it: what is due until the month's end less what was due at its start.
-- $first, $after: the span.
with monthly as (
    select strptime(month || '-01', '%Y-%m-%d')::date as month, cost_centre, account, amount_ore as ore
    from budget where month is not null
    union all
    select make_date(left(year, 4)::int, n::int, 1), cost_centre, account, amount_ore * n // 12 - amount_ore * (n - 1) // 12
    from budget, range(1, 13) months(n) where month is null
)
select month, coalesce(cost_centre, '') as cost_centre, account, cast(sum(ore) as bigint) as ore
from monthly where month >= $first and month < $after
group by all
order by all
