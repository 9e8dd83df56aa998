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

-- Whether an account may have one more API key; one at a time.
create function api_key_fits(a_user text, a_most bigint) returns boolean
language plpgsql as $$
begin
	perform from users where id = a_user for no key update;
	return found and
	    (select count(*) from api_keys where user_id = a_user) < a_most;
end
$$;
