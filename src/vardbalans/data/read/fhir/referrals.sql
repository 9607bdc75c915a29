-- Referrals: the wait ends when a contact or a stay based on it begins, else when it was to occur, else when it was
-- last changed; one that was revoked, when it was last changed.
create table made.done as
select referral, min(day_of(starts)) as day from (
    select referral, starts from staged.encounters where status <> 'booked'
    union all
    select referral, starts from staged.appointments where status = 'performed'
) where referral is not null group by referral;

create table made.ended as
select
    q.*,
    case q.status
        when 'waiting' then null
        when 'treated' then coalesce(d.day, day_of(q.occurs), day_of(q.updated))
        else day_of(q.updated)
    end as closed
from staged.referrals q
left join made.done d on d.referral = 'ServiceRequest/' || q.id;

create table made.asked as
select q.*, coalesce(c.appointment, q.encounter) as origin
from made.ended q
left join made.carried c on 'Encounter/' || c.encounter = q.encounter;

create table made.referrals as
select
    x.file, x.row, 'ServiceRequest' as resource,
    x.id as referral_id,
    person(k.key, x.patient) as patient_key,
    is_stranger(k.key, x.patient) as patient_unknown,
    p.unit_id,
    coalesce(p.service_id, o.service_id, p.unit_id || '|' || x.service_key) as service_id,
    if(p.service_id is null and o.service_id is null, x.service_name, null) as derived_name,
    x.kind as derived_kind,
    day_text(x.issued) as issued, x.priority, day_text(x.occurs) as target_date,
    x.closed::varchar as closed,
    if(x.status = 'waiting', null, x.status) as closed_reason,
    x.status <> 'waiting' and x.closed is null as without_day,
    if(starts_with(x.origin, 'Appointment/'), x.origin, id_of(x.origin)) as origin_contact_id
from made.asked x
left join made.people k on k.reference = x.patient
left join made.places p on p.reference = x.place
left join made.offered o on o.unit_id = p.unit_id and o.service_key = x.service_key;
