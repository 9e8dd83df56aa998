/*
 * LECTERN_DIRECT_URL, read at every request, makes the browser call Lectern
 * itself, across origins; without it, calls go through the rewrite.
 */
import { FrontEnd } from './front-end';

export const dynamic = 'force-dynamic';

export default function Page() {
  return <FrontEnd lectern={process.env.LECTERN_DIRECT_URL ?? ''} />;
}
