-- Stays of one patient that overlap, in the same ward or in two. Who is not discharged is still there.
with spans as (
    select *, coalesce(discharged, 'infinity'::timestamptz) as leaves
    from stays
    where patient_key is not null and (discharged is null or discharged > admitted)
),
turns as (
    select
        *,
        max(leaves) over earlier_ones as taken_until,
        arg_max(struct_pack(file := _file, place := _row), leaves) over earlier_ones as earlier,
        lead(admitted) over turn as next_admitted,
        lead(struct_pack(file := _file, place := _row)) over turn as later
    from spans
    window
        turn as (partition by patient_key order by admitted, leaves, stay_id),
        earlier_ones as (
            partition by patient_key order by admitted, leaves, stay_id
            rows between unbounded preceding and 1 preceding
        )
)
select
    *,
    case when taken_until > admitted then earlier.file else later.file end as other_file,
    case when taken_until > admitted then earlier.place else later.place end as other_row
from turns
where taken_until > admitted or next_admitted < leaves
