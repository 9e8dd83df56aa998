/*
 * Where to go after signing in: `?next=`, honoured only for this site's own
 * paths. A browser reads a backslash as a slash and drops tabs and line ends,
 * so "/\evil" and "/<tab>/evil" would lead elsewhere; the last check settles
 * whatever else an address parser may make of it.
 */
const HOME = '/chat';

export function ownPath(next) {
  if (!next || !/^\/(?!\/)[^\\\u0000-\u0020\u007f]*$/u.test(next))
    return HOME;
  return new URL(next, location.origin).origin === location.origin ? next : HOME;
}

/* The page asked for, with the passage of its address: a redirect to the
   sign-in page keeps the fragment on the address, not in `next`. */
export function nextPath() {
  const next = ownPath(new URLSearchParams(location.search).get('next'));
  return next.includes('#') ? next : next + location.hash;
}
