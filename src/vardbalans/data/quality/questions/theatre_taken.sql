-- Operations that share a theatre with another at the same time.
with turns as (
    select
        *,
        max(room_out) over earlier_ones as taken_until,
        arg_max(struct_pack(file := _file, place := _row), room_out) over earlier_ones as earlier,
        lead(room_in) over turn as next_in,
        lead(struct_pack(file := _file, place := _row)) over turn as later
    from operations
    where status = 'performed' and room_out > room_in
    window
        turn as (partition by theatre_id order by room_in, room_out, operation_id),
        earlier_ones as (
            partition by theatre_id order by room_in, room_out, operation_id
            rows between unbounded preceding and 1 preceding
        )
)
select
    *,
    case when taken_until > room_in then earlier.file else later.file end as other_file,
    case when taken_until > room_in then earlier.place else later.place end as other_row
from turns
where taken_until > room_in or next_in < room_out
