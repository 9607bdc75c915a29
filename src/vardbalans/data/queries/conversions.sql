-- Linked care: of the performed contacts of one service, how many led to a request for another, by lag in whole ISO weeks.
-- Also, of what is done from a list, how many were admitted for it: a stay on the same referral, from the week it was done
-- (whoever is admitted on the Sunday before counts there).
-- Only contacts with $lags whole weeks of follow-up count, so that none is cut off.
-- $since, $until: first day that counts, first day that does not. $lags: longest lag in weeks.
with upstream as materialized (
    select contact_id, service_id, referral_id, date_trunc('week', starts_at)::date as week
    from contacts
    where status = 'performed' and starts_at::date >= $since and starts_at::date < $until
),
counts as (select service_id, count(*) as upstream from upstream group by all),
admitted as (
    select
        u.service_id as from_service,
        c.service_id as to_service,
        greatest(0, date_diff('day', u.week, min(date_trunc('week', c.starts_at)::date)) // 7) as lag
    from upstream u
    join referrals r on r.referral_id = u.referral_id and r.service_id = u.service_id
    join contacts c on c.referral_id = u.referral_id and c.service_id <> u.service_id and c.status = 'performed'
    join services s on s.service_id = c.service_id and s.kind = 'inpatient'
    where c.starts_at >= u.week - interval 7 days
    group by u.contact_id, u.service_id, c.service_id, u.week
),
links as (
    select
        u.service_id as from_service,
        r.service_id as to_service,
        date_diff('day', u.week, date_trunc('week', coalesce(r.received, r.decided, r.issued))::date) // 7 as lag
    from referrals r join upstream u on u.contact_id = r.origin_contact_id
    union all
    select from_service, to_service, lag from admitted
)
select l.from_service, l.to_service, l.lag, count(*) as linked, any_value(c.upstream) as upstream
from links l join counts c on c.service_id = l.from_service
where l.lag between 0 and $lags
group by l.from_service, l.to_service, l.lag
order by all
