-- Services that no HealthcareService describes: one per unit and code that something was done, asked for or booked by.
insert into made.services
with named as (
    select {'file': file, 'row': row} as origin, resource, service_id, unit_id, derived_name, derived_kind
    from made.contacts
    union all by name
    select {'file': file, 'row': row} as origin, resource, service_id, unit_id, derived_name, derived_kind
    from made.referrals
    union all by name
    select {'file': file, 'row': row} as origin, resource, service_id, unit_id, derived_name, derived_kind
    from made.slots
)
select
    min(origin).file, min(origin).row, arg_min(resource, origin), service_id, min(derived_name), any_value(unit_id),
    if(count(distinct derived_kind) = 1, min(derived_kind), 'contact'), 'none'
from named where derived_name is not null and service_id is not null
group by service_id;
