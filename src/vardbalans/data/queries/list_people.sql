-- Everyone who has been on a waiting list, as list_by_week counts them: weeks from $since, a Monday, until $until.
-- Who left on $until or later was still waiting then. issued, received and decided: days from then until they came.
select
    service_id,
    date_diff('day', $since::date, came)::integer as came_day,
    case when closed < $until then date_diff('week', date_trunc('week', $since::date), date_trunc('week', closed)) end
        ::integer as closed,
    coalesce(closed < $until and closed_reason = 'treated', false) as treated,
    priority,
    date_diff('day', came, target_date)::double as target_days,
    date_diff('day', issued, came)::integer as issued,
    date_diff('day', received, came)::integer as received,
    date_diff('day', decided, came)::integer as decided,
    transferred_from is not null as moved,
    referral_id
from (select *, coalesce(received, decided, issued) as came from referrals)
where came < $until and (closed is null or (closed >= $since and closed >= came))
order by all
