-- $1 user id, $2 address, $3 user agent. Everything about the person but documents' bytes and conversations, as JSON text
with noted as (
    insert into audit (user_id, event, ip_address, user_agent)
    values ($1, 'data_exported', $2, $3)
)
select jsonb_pretty(jsonb_build_object(
    'exportedAt', now(),
    'user', jsonb_build_object('id', u.id, 'name', u.name,
        'email', u.email, 'emailVerified', u.email_verified,
        'image', u.image, 'role', u.role,
        'twoFactorEnabled', u.two_factor_at is not null,
        'createdAt', u.created_at, 'updatedAt', u.updated_at),
    'sessions', (select coalesce(jsonb_agg(jsonb_build_object('id', s.id,
        'createdAt', s.created_at, 'updatedAt', s.updated_at,
        'expiresAt', s.expires_at, 'ipAddress', s.ip_address,
        'userAgent', s.user_agent) order by s.created_at), '[]')
        from sessions s where s.user_id = u.id),
    'apiKeys', (select coalesce(jsonb_agg(jsonb_build_object('id', k.id,
        'name', k.name, 'prefix', k.prefix, 'createdAt', k.created_at,
        'lastUsedAt', k.last_used_at, 'expiresAt', k.expires_at)
        order by k.created_at), '[]')
        from api_keys k where k.user_id = u.id),
    'documents', (select coalesce(jsonb_agg(jsonb_build_object('id', d.id,
        'externalId', d.external_id, 'title', d.title,
        'filename', d.filename, 'mediaType', d.media_type, 'size', d.size,
        'sha256', d.sha256, 'status', d.status, 'error', d.error,
        'createdAt', d.created_at, 'updatedAt', d.updated_at)
        order by d.created_at, d.id), '[]')
        from documents d where d.owner = u.id and d.deleted_at is null),
    'collections', (select coalesce(jsonb_agg(jsonb_build_object('id', c.id,
        'name', c.name, 'createdAt', c.created_at,
        'updatedAt', c.updated_at,
        'documentIds', collection_documents_of(u.id, c.id))
        order by c.created_at, c.id), '[]')
        from collections c where c.user_id = u.id),
    'questions', (select coalesce(jsonb_agg(jsonb_build_object('day', q.day,
        'questions', q.questions, 'inputTokens', q.input_tokens,
        'outputTokens', q.output_tokens) order by q.day), '[]')
        from chat_usage q where q.user_id = u.id),
    'events', (select coalesce(jsonb_agg(jsonb_build_object('at', a.at,
        'event', a.event,
        -- An administrator's device is not the person's to know.
        'ipAddress', case when a.actor_id is null then a.ip_address end,
        'userAgent', case when a.actor_id is null then a.user_agent end)
        order by a.id), '[]')
        from audit a where a.user_id = u.id)))
from users u where u.id = $1
