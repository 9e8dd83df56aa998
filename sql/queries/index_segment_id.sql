-- no parameters; the number of a new segment
select nextval('segment_ids')
