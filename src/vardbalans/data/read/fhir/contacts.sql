-- Contacts: every encounter that is one, and every appointment that no such encounter carries out. The encounter that
-- first carries out an appointment has its id, so that the booking delivered before and the visit after are one row.
create table made.carried as
select appointment, arg_min(id, coalesce(starts, '') || ' ' || id) as encounter
from staged.encounters where home = 'contacts' and appointment is not null group by appointment;

create table made.visits as
select v.*, c.encounter is not null as carries
from staged.encounters v
left join made.carried c on c.encounter = v.id and c.appointment = v.appointment
where v.home = 'contacts';

create table made.booked as
select
    a.file, a.row, 'Appointment/' || a.id as contact_id, a.patient, a.status, a.referral, a.booked, a.ends,
    coalesce(p.unit_id, s.unit_id) as unit_id,
    coalesce(p.service_id, s.service_id) as service_id,
    coalesce(a.starts, t.starts) as starts,
    coalesce(a.service_key, t.service_key, s.service_key) as service_key,
    coalesce(a.service_name, t.service_name, s.service_name) as service_name,
    coalesce(a.kind, t.kind, s.kind) as kind,
    r.profession
from staged.appointments a
left join staged.slots t on 'Slot/' || t.id = a.slot
left join made.places p on p.reference = a.place
left join made.schedules s on s.reference = t.schedule
left join made.places r on r.reference = a.role;

create table made.met as
select
    v.file, v.row, 'Encounter' as resource,
    if(v.carries, v.appointment, v.id) as contact_id,
    coalesce(v.patient, b.patient) as patient,
    coalesce(u.unit_id, w.unit_id, b.unit_id) as unit_id,
    b.service_id,
    coalesce(v.service_key, b.service_key, v.type_key) as service_key,
    case
        when v.service_key is not null then v.service_name
        when b.service_key is not null then b.service_name
        else v.type_name
    end as service_name,
    coalesce(v.kind, b.kind) as kind,
    coalesce(v.referral, b.referral) as referral,
    b.booked as booked_at,
    coalesce(v.starts, b.starts) as starts_at,
    if(v.status = 'performed', v.ends, null) as ends_at,
    v.status, v.form,
    coalesce(r.profession, b.profession) as profession
from made.visits v
left join made.booked b on b.contact_id = v.appointment
left join made.places u on u.reference = v.provider
left join made.places w on w.reference = v.place
left join made.places r on r.reference = v.role;

insert into made.met
select
    file, row, 'Appointment', contact_id, patient, unit_id, service_id,
    coalesce(service_key, 'appointment'), coalesce(service_name, 'Bokad tid'), kind, referral, booked,
    -- The end of a booking is planned; it must not be taken for how long the visit took.
    starts, if(status = 'booked', ends, null), status, null, profession
from made.booked b
where not exists (from made.carried c where c.appointment = b.contact_id);

create table made.contacts as
select
    x.file, x.row, x.resource, x.contact_id,
    person(k.key, x.patient) as patient_key,
    is_stranger(k.key, x.patient) as patient_unknown,
    x.unit_id,
    coalesce(x.service_id, o.service_id, x.unit_id || '|' || x.service_key) as service_id,
    if(x.service_id is null and o.service_id is null, x.service_name, null) as derived_name,
    x.kind as derived_kind,
    id_of(x.referral) as referral_id,
    instant(x.booked_at) as booked_at, instant(x.starts_at) as starts_at, instant(x.ends_at) as ends_at,
    x.status, x.form,
    date_sub('year', try_cast(k.birth as date), day_of(x.starts_at))::varchar as age,
    k.sex, k.municipality, x.profession
from made.met x
left join made.people k on k.reference = x.patient
left join made.offered o on o.unit_id = x.unit_id and o.service_key = x.service_key;
