-- What must hold when two tabs, workers or instances do things at once. A
-- statement sees what was there when it began, also after it has waited for
-- a lock; each statement in a function sees what is there by then. So the
-- account's row is locked first, and the rest is looked at here.

-- Ends an account's sessions but one (null: none is kept), and sign-ins that
-- lack their code; a_is_forgetful: no device is trusted any more. The caller
-- has changed or locked the account's row, for which each sign-in waits.
create function sessions_end(a_user text, a_keep text,
    a_is_forgetful boolean) returns void
language plpgsql as $$
begin
	delete from sessions
	where user_id = a_user and id is distinct from a_keep;
	delete from second_factor_tokens
	where user_id = a_user and (a_is_forgetful or purpose = 'challenge');
end
$$;

-- Replaces the backup codes; a_hashes with blanks between. False: there is
-- no second factor any more.
create function backup_codes_renew(a_user text, a_hashes text)
returns boolean language plpgsql as $$
begin
	perform from second_factors where user_id = a_user for update;
	if not found then
		return false;
	end if;
	delete from backup_codes where user_id = a_user;
	insert into backup_codes (user_id, hash)
	select a_user, hash from unnest(string_to_array(a_hashes, ' ')) hash;
	return true;
end
$$;

-- Whether an account may have one more API key; one at a time, and none
-- while it is disabled.
create function api_key_fits(a_user text, a_most bigint) returns boolean
language plpgsql as $$
begin
	perform from users where id = a_user and disabled_at is null
	for no key update;
	return found and
	    (select count(*) from api_keys where user_id = a_user) < a_most;
end
$$;

-- Uses a code up, as before; now in the order of locks that all have: the
-- challenge, the second factor, its backup codes.
create or replace function two_factor_use(a_user text, a_step bigint,
    a_code text, a_sealed bytea) returns boolean
language plpgsql as $$
begin
	perform from second_factors where user_id = a_user for update;
	if a_code is not null then
		delete from backup_codes where user_id = a_user and hash = a_code;
		if not found then
			return false;
		end if;
	end if;
	update second_factors
	set last_step = coalesce(a_step, last_step),
	    sealed = coalesce(a_sealed, sealed),
	    failures = 0, locked_until = null
	where user_id = a_user and (a_step is null or last_step < a_step);
	return found;
end
$$;

-- Deletes an account with all that it has; false: there is none. Most of
-- what changes its rows refers to the account last, which is possible until
-- it is deleted itself: so that comes at the end, when nobody else has a lock
-- on any of them. Whoever opens something new locks the account first.
create function account_erase(a_user text) returns boolean
language plpgsql as $$
begin
	perform from users where id = a_user for no key update;
	if not found then
		return false;
	end if;
	perform document_lock(a_user);
	perform pg_advisory_xact_lock(
	    hashtextextended('lectern.collections.' || a_user, 0));
	delete from sessions where user_id = a_user;
	delete from second_factor_tokens where user_id = a_user;
	delete from second_factors where user_id = a_user;
	delete from mail_tokens where user_id = a_user;
	delete from api_keys where user_id = a_user;
	delete from conversations where user_id = a_user;
	-- Before the scope, as reading them does it.
	delete from documents where owner = a_user;
	delete from users where id = a_user;
	return true;
end
$$;

-- The same in what locked accounts harder than a change of them needs.
do $$
begin
	execute replace(pg_get_functiondef('account_change'::regproc),
	    ' for update', ' for no key update');
	execute replace(pg_get_functiondef('email_confirm'::regproc),
	    ' for update', ' for no key update');
	execute replace(pg_get_functiondef('account_drop'::regproc),
	    E'delete from users where id = a_user;\n\tif not found',
	    'if not account_erase(a_user)');
end
$$;
