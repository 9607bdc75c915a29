-- How long each has waited, a row per referral and limit: those who wait on the last day, and those treated in a period.
-- $first: the first day of the period. $after: the day after its last.
-- limits: place, measure, days, valid_from, start, stops, excludes (kinds) and services (guarantees), one row
-- per dated limit.
-- The clock is that of vardbalans.engine.waitlist.rules, which a test holds it to.
with recursive listed as (
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
ordered as (
    select *, row_number() over (partition by referral_id, measure order by date_from, kind) as place from touching
),
judged as (
    -- Stop after stop, with the days that no earlier one has taken. An offer is late after the limit's last day, which
    -- earlier stops move by their days before the offer; a late one counts no more than one without evidence.
    select place, referral_id, measure, false as deviates, []::struct(first date, last date)[] as taken
    from (select distinct referral_id, measure, 0 as place from ordered)
    union all
    select
        place, referral_id, measure,
        deviates or (not late and list_contains(excludes, kind)),
        case when late then taken else list_append(taken, struct_pack(
            first := greatest(first, coalesce(taken[-1].last + 1, first)), last := greatest(last, coalesce(taken[-1].last, last))
        )) end
    from (
        select o.*, j.taken, j.deviates, kind = 'patient_choice' and coalesce(offered - start - coalesce(list_sum(
            [greatest(0, least(piece.last, offered) - piece.first + 1) for piece in j.taken]
        ), 0) > limit_days, false) as late
        from judged j join ordered o on (o.referral_id, o.measure, o.place) = (j.referral_id, j.measure, j.place + 1)
    )
),
stopped as (
    select
        referral_id, measure,
        list_sum([piece.last - piece.first + 1 for piece in arg_max(taken, place)])::bigint as days,
        bool_or(deviates) as deviates
    from judged
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
