-- What a person is known by: the key of the delivery's own Patient, else the identifier or the id that the reference has.
create macro person(known, reference) as coalesce(
    known,
    case
        when starts_with(reference, 'Patient?identifier=') then substr(reference, length('Patient?identifier=') + 1)
        else 'source-id|' || substr(reference, length('Patient/') + 1)
    end
);
-- A reference by id alone to a Patient that is not there; an identifier means the same person everywhere.
create macro is_stranger(known, reference) as
    known is null and reference is not null and not contains(reference, '?identifier=');
create macro id_of(reference) as if(
    contains(reference, '?identifier='), split_part(reference, '|', -1), substr(reference, instr(reference, '/') + 1)
);
create macro day_of(moment) as try_cast(try_cast(moment as timestamptz) as date);
-- Dates of moments are Swedish; what is no moment stays as it is, to be told of.
create macro day_text(moment) as if(contains(moment, 'T'), coalesce(day_of(moment)::varchar, moment), moment);
-- Fractions finer than a microsecond are cut off.
create macro instant(moment) as if(length(moment) > 32, regexp_replace(moment, '([.][0-9]{6})[0-9]+', '\1'), moment);
