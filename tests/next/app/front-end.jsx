'use client';

import { createAuthClient } from 'better-auth/react';
import { useMemo } from 'react';

import { Account } from './account';
import { Chat } from './chat';

/* `lectern`: the address of Lectern, or '' for this origin. */
export function FrontEnd({ lectern }) {
  const auth = useMemo(() => createAuthClient(lectern ? { baseURL: lectern } : {}), [lectern]);
  const { data, isPending } = auth.useSession();

  if (isPending) return <p>Waiting…</p>;
  if (!data) return <Account auth={auth} />;
  return (
    <main>
      <p>Signed in as {data.user.name}. <button onClick={() => auth.signOut()}>Sign out</button></p>
      <Chat lectern={lectern} />
    </main>
  );
}
