-- How long each has waited, a row per referral and limit: those who wait on the last day, and those treated in a period.
-- $first: the first day of the period. $after: the day after its last.
-- limits: place, measure, days, valid_from, start, stops, excludes (kinds) and services (guarantees), one row
-- per dated limit.
-- The clock is that of vardbalans.engine.waitlist.rules, which a test holds it to.
with listed as (
    select r.*, s.guarantee from referrals r join services s using (service_id)
),
population as (
    select 'treated' as part, *, closed as until from listed
    where closed_reason = 'treated' and closed >= $first and closed < $after
    union all
    select 'waiting', *, $after::date - 1 from listed
    where coalesce(received, decided, issued) < $after and (closed is null or closed >= $after)
),
started as (
    select
        p.*, l.place, l.measure, l.days as limit_days, l.valid_from, l.stops, l.excludes,
        case l.start when 'issued' then p.issued when 'received' then p.received else p.decided end as start
    from population p join limits l on list_contains(l.services, p.guarantee)
),
waits as (
    -- Of a measure's limits the newest that held when the clock started; before there was any, none.
    select * replace (case when start >= valid_from then limit_days end as limit_days) from started
    qualify row_number() over (
        partition by referral_id, measure
        order by coalesce(start >= valid_from, false) desc, case when start >= valid_from then valid_from end desc, valid_from
    ) = 1
),
touching as (
    select
        w.referral_id, w.measure, w.start, w.limit_days, w.excludes, c.kind, c.date_from, c.offered_at::timestamp::date as offered,
        greatest(c.date_from, w.start + 1) as first,
        least(coalesce(c.date_to, w.until), w.until) as last
    from waits w join clock_stops c using (referral_id)
    where w.start is not null and list_contains(w.stops, c.kind)
        and greatest(c.date_from, w.start + 1) <= least(coalesce(c.date_to, w.until), w.until)
        -- Patient-chosen waiting needs information, an offered day and clock time, and a no.
        and (
            c.kind <> 'patient_choice'
            or (
                coalesce(c.informed, false) and coalesce(c.declined, false)
                and coalesce(c.offered_at::timestamp::time <> time '00:00', false)
            )
        )
),
pieces as (
    -- The days of each stop that no earlier one has taken; last lies before first where all are.
    select * replace (greatest(first, coalesce(taken + 1, first)) as first) from (
        select *, max(last) over (
            partition by referral_id, measure order by date_from, kind rows between unbounded preceding and 1 preceding
        ) as taken
        from touching
    )
),
late as (
    -- An offer after the limit's last day, which earlier stops move by their days before the offer.
    select o.referral_id, o.measure, o.date_from
    from pieces o left join pieces p
        on p.referral_id = o.referral_id and p.measure = o.measure and (p.date_from, p.kind) < (o.date_from, o.kind)
    where o.kind = 'patient_choice'
    group by o.referral_id, o.measure, o.date_from, o.offered, o.start, o.limit_days
    having o.offered - o.start - coalesce(sum(greatest(0, least(p.last, o.offered) - p.first + 1)), 0) > o.limit_days
),
counting as (
    select *, max(last) over (
        partition by referral_id, measure order by date_from, kind rows between unbounded preceding and 1 preceding
    ) as taken
    from touching t
    where kind <> 'patient_choice' or not exists (
        from late l where l.referral_id = t.referral_id and l.measure = t.measure and l.date_from = t.date_from
    )
),
stopped as (
    select
        referral_id, measure,
        sum(greatest(0, last - greatest(first, coalesce(taken + 1, first)) + 1))::bigint as days,
        bool_or(list_contains(excludes, kind)) as deviates
    from counting
    group by all
)
select
    w.part, w.referral_id, w.service_id, w.unit_id, w.measure, w.place, w.limit_days,
    w.priority, p.sex, case when not p.protected then p.municipality end as municipality,
    case
        when year(w.until) - p.birth_year < 18 then '0–17'
        when year(w.until) - p.birth_year < 45 then '18–44'
        when year(w.until) - p.birth_year < 65 then '45–64'
        when year(w.until) - p.birth_year < 80 then '65–79'
        when p.birth_year is not null then '80–'
    end as age,
    w.until - w.start as days, coalesce(s.days, 0) as stopped, coalesce(s.deviates, false) as deviates,
    w.target_date - w.until as days_left
from waits w
left join stopped s using (referral_id, measure)
left join patients p using (patient_key)
order by w._file, w._row, w.measure
