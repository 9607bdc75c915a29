-- What the ledger holds by month, cost centre and account.
-- $first: the first day. $after: the day after the last.
select
    cast(date_trunc('month', date) as date) as month,
    coalesce(cost_centre, '') as cost_centre,
    account,
    cast(sum(amount_ore) as bigint) as ore
from ledger
where date >= $first and date < $after
group by 1, 2, 3
order by 1, 2, 3
