-- Contacts: every encounter that is one, and every appointment that no such encounter carries out. The encounter that
-- carries out an appointment has its id, so that the booking delivered before and the visit after are one row.
create table made.carried as
select appointment, arg_min(id, coalesce(starts, '') || ' ' || id) as encounter
from staged.encounters where home = 'contacts' and appointment is not null group by appointment;

create table made.contacts as
with booked as (
    select
        a.*,
        coalesce(p.unit_id, s.unit_id) as unit_id,
        coalesce(p.service_id, s.service_id) as service_id,
        coalesce(a.starts, t.starts) as begins,
        coalesce(a.service_key, t.service_key, s.service_key) as named_key,
        coalesce(a.service_name, t.service_name, s.service_name) as named_name,
        coalesce(a.kind, t.kind, s.kind) as named_kind,
        r.profession
    from staged.appointments a
    left join made.places p on p.reference = a.place
    left join staged.slots t on 'Slot/' || t.id = a.slot
    left join made.schedules s on s.reference = t.schedule
    left join made.places r on r.reference = a.role
), every as (
    select
        e.file, e.row, 'Encounter' as resource,
        case when c.encounter is null then e.id else c.appointment end as contact_id,
        coalesce(e.patient, b.patient) as patient,
        coalesce(u.unit_id, v.unit_id, b.unit_id) as unit_id,
        b.service_id,
        coalesce(e.service_key, b.named_key, e.type_key) as service_key,
        case
            when e.service_key is not null then e.service_name
            when b.named_key is not null then b.named_name
            else e.type_name
        end as service_name,
        coalesce(e.kind, b.named_kind) as kind,
        coalesce(e.referral, b.referral) as referral,
        b.booked as booked_at,
        coalesce(e.starts, b.begins) as starts_at,
        case when e.status = 'performed' then e.ends end as ends_at,
        e.status, e.form,
        coalesce(r.profession, b.profession) as profession
    from staged.encounters e
    left join made.carried c on c.encounter = e.id and c.appointment = e.appointment
    left join booked b on 'Appointment/' || b.id = e.appointment
    left join made.places u on u.reference = e.provider
    left join made.places v on v.reference = e.place
    left join made.places r on r.reference = e.role
    where e.home = 'contacts'
    union all
    select
        b.file, b.row, 'Appointment', 'Appointment/' || b.id, b.patient, b.unit_id, b.service_id,
        coalesce(b.named_key, 'appointment'), coalesce(b.named_name, 'Bokad tid'), b.named_kind, b.referral, b.booked,
        -- The end of a booking is planned; it must not be taken for how long the visit took.
        b.begins, case when b.status = 'booked' then b.ends end, b.status, null, b.profession
    from booked b
    where not exists (from made.carried c where c.appointment = 'Appointment/' || b.id)
)
select
    x.file, x.row, x.resource, x.contact_id,
    person(k.key, x.patient) as patient_key,
    is_stranger(k.key, x.patient) as patient_unknown,
    x.unit_id,
    coalesce(x.service_id, o.service_id, x.unit_id || '|' || x.service_key) as service_id,
    case when x.service_id is null and o.service_id is null then x.service_name end as derived_name,
    x.kind as derived_kind,
    id_of(x.referral) as referral_id,
    instant(x.booked_at) as booked_at, instant(x.starts_at) as starts_at, instant(x.ends_at) as ends_at,
    x.status, x.form,
    date_sub('year', try_cast(h.birth as date), day_of(x.starts_at))::varchar as age,
    h.sex, h.municipality, x.profession
from every x
left join made.keys k on k.reference = x.patient
left join made.patients h on h.patient_key = k.key
left join made.offered o on o.unit_id = x.unit_id and o.service_key = x.service_key;
