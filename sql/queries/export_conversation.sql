-- $1 user id, $2 id of the one before or null: the next conversation with all its messages, branches too, as JSON text
select c.id, c.title, floor(extract(epoch from c.updated_at))::bigint,
    jsonb_pretty(jsonb_build_object('id', c.id, 'clientId', c.client_id,
    'title', c.title, 'createdAt', c.created_at, 'updatedAt', c.updated_at,
    'messages', (select coalesce(jsonb_agg(jsonb_build_object('id', m.id,
        'clientId', m.client_id, 'parentId', m.parent_id, 'role', m.role, 'text', m.text,
        'citations', m.citations, 'status', m.status, 'error', m.error,
        'model', m.model, 'usage', m.usage, 'createdAt', m.created_at,
        'finishedAt', m.finished_at,
        'feedback', (select jsonb_build_object('rating', f.rating,
            'comment', f.comment, 'createdAt', f.created_at)
            from feedback f where f.message_id = m.id))
        order by m.created_at, m.role desc, m.id), '[]')
        from messages m where m.conversation_id = c.id)))
from conversations c
where c.user_id = $1 and c.id > coalesce($2, '')
order by c.id limit 1
