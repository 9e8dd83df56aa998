'use client';

import { useState } from 'react';

export function Account({ auth }) {
  const [trouble, setTrouble] = useState('');

  async function enter(event) {
    event.preventDefault();
    const { name, email, password } = Object.fromEntries(new FormData(event.currentTarget));
    const { error } = event.nativeEvent.submitter.value === 'new'
      ? await auth.signUp.email({ name, email, password })
      : await auth.signIn.email({ email, password });
    setTrouble(error?.message ?? '');
  }

  return (
    <form onSubmit={enter}>
      <h1>Sign in</h1>
      <label>Name <input name="name" autoComplete="name" /></label>
      <label>E-mail <input name="email" type="email" autoComplete="username" /></label>
      <label>Password <input name="password" type="password" autoComplete="current-password" /></label>
      <button value="old">Sign in</button>
      <button value="new">Sign up</button>
      <p role="alert">{trouble}</p>
    </form>
  );
}
