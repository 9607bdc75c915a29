-- Each contract in force, with the own services that do what it buys: the service itself where it is not the provider's,
-- or else those of the same kind whose contacts usually have the same DRG and the same first letter of diagnosis, of
-- units that are no providers. What no contact has been of has no cost that is known, and stands beside no contract.
-- costed: the run's contacts. $last: the last month's first day.
with agreed as (
    select provider_id, service_id, price_ore
    from contracts where valid_from <= $last
    qualify row_number() over (partition by provider_id, service_id order by valid_from desc) = 1
),
drgs as (
    select service_id, drg as usual from costed where drg is not null
    group by service_id, drg
    qualify row_number() over (partition by service_id order by count(*) desc, drg) = 1
),
letters as (
    select service_id, left(diagnosis, 1) as usual from costed where diagnosis is not null
    group by service_id, left(diagnosis, 1)
    qualify row_number() over (partition by service_id order by count(*) desc, left(diagnosis, 1)) = 1
),
known as (
    select s.service_id, s.unit_id, s.kind, d.usual as drg, coalesce(l.usual, '') as letter
    from services s left join drgs d using (service_id) left join letters l using (service_id)
)
select a.provider_id, a.service_id, a.price_ore, o.service_id as own_service_id
from agreed a
join known b on b.service_id = a.service_id
join known o on o.service_id = b.service_id
    or b.unit_id = a.provider_id and o.kind = b.kind and o.drg = b.drg and o.letter = b.letter
where o.unit_id not in (select provider_id from contracts) and o.service_id in (select service_id from costed)
order by all
