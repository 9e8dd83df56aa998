// The pages and states that a person meets, by name: what is judged for
// accessibility is what is looked at as screenshots.
//
//   for (const place of [...anybody, ...signedIn({ conversationId, documentId }),
//     ...administration]) {
//     await visit(page, place);
//   }
//
// A place is [name, path, what is done there].

/** Open to everybody. */
export const anybody = [
  ['the front page', '/'],
  ['signing in', '/sign-in'],
  ['signing in, refused', '/sign-in', (page) => page.locator('form[data-account-form] button[type=submit]').click()],
  ['signing up', '/sign-up'],
  ['signing up with a weak password', '/sign-up', (page) => page.locator('#password').fill('Password1')],
  ['signing up with a strong password', '/sign-up', (page) => page.locator('#password').fill('four unrelated words, found by dice')],
  ['a forgotten password', '/forgot-password'],
  ['a new password', '/reset-password?token=x'],
  ['a dead link', '/reset-password?error=INVALID_TOKEN'],
  ['an address that is confirmed', '/confirmed'],
  ['an address that is not', '/confirmed?error=TOKEN_EXPIRED'],
  ['an error of an account', '/api/auth/error?error=INVALID_TOKEN'],
  ['nothing at all', '/nowhere'],
  ['the reference of the API', '/docs', (page) => page.locator('summary').first().click()],
];

/** For somebody signed in who has this conversation and this document. */
export const signedIn = ({ conversationId, documentId }) => [
  ['a new conversation', '/chat'],
  ['a conversation', `/chat/${conversationId}`, (page) => page.locator('[data-prose] a.chip').first().waitFor()],
  ['a conversation with its passage', `/chat/${conversationId}`, (page) => page.locator('[data-prose] a.chip').first().click()],
  ['the documents', '/documents', (page) => page.getByText('Kettle').first().waitFor()],
  ['a document', `/documents/${documentId}`, (page) => page.locator('[data-text] *').first().waitFor()],
  ['the settings', '/settings', (page) => page.locator('[data-sessions] li').first().waitFor()],
  ['the settings, a wrong form', '/settings', (page) => page.locator('[data-password] button[type=submit]').click()],
  ['the settings, deleting', '/settings', (page) => page.locator('[data-delete]').click()],
  ['the settings, the session over', '/settings', async (page) => {
    await page.context().clearCookies({ name: /session/ });
    await page.locator('[data-profile] button[type=submit]').click();
    await page.locator('dialog[open]').waitFor();
  }],
];

/** For administrators. */
export const administration = [
  ['the usage', '/admin', (page) => page.locator('[data-plots] svg').first().waitFor()],
  ['the users', '/admin/users', (page) => page.locator('[data-manage]').first().waitFor()],
  ['a user', '/admin/users', (page) => page.locator('[data-manage]').first().click()],
  ['the library', '/admin/library'],
  ['the status', '/admin/status', (page) => page.locator('[data-checks] li').first().waitFor()],
  ['the audit', '/admin/audit', (page) => page.locator('[data-events] tr').first().waitFor()],
];

/** Opens the place and waits until nothing on it moves. */
export async function visit(page, [, path, act]) {
  await page.goto(path);
  await page.waitForLoadState('networkidle');
  await act?.(page);
  // A colour on its way from one to another has no contrast yet.
  await page.evaluate(() => Promise.allSettled(
    document.getAnimations().map(({ finished }) => finished)));
}
