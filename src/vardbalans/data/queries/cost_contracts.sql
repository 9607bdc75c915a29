-- What is agreed with other providers and what they did, at the price in force when each month began.
-- costed: the run's contacts. $first, $last: the first and last month's first day. $months: how many months.
with monthly as (
    select service_id, strptime(month || '-01', '%Y-%m-%d')::date as month, count(*) as performed, sum(ore) as ore
    from costed group by all
),
priced as (
    select k.provider_id, m.*, k.price_ore
    from monthly m join contracts k on k.service_id = m.service_id and k.valid_from <= m.month
    qualify row_number() over (partition by k.provider_id, m.service_id, m.month order by k.valid_from desc) = 1
),
agreed as (
    select provider_id, service_id, volume
    from contracts where valid_from <= $last
    qualify row_number() over (partition by provider_id, service_id order by valid_from desc) = 1
)
select
    a.provider_id, a.service_id, a.volume * $months / 12 as agreed,
    cast(coalesce(sum(p.performed), 0) as bigint) as performed,
    cast(coalesce(sum(p.performed * p.price_ore), 0) as bigint) as at_price_ore,
    cast(coalesce(sum(p.ore), 0) as bigint) as ore
from agreed a left join priced p on p.provider_id = a.provider_id and p.service_id = a.service_id and p.month >= $first
group by all
order by all
