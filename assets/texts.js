/*
 * The texts that scripts show, in the page's language. They come from
 * assets/texts/<language>.json, of which the server puts those that pages
 * themselves do not hold into texts-<language>.js. Texts that most pages do
 * without come by themselves: a module that needs such asks for them first.
 *
 *	text('chat.copied')			"{name}" stands for fields.name
 *	count('documents.passages', 2)		documents.passages.one / .other,
 *						with {n} as the number
 *	await load('documents')			texts-<language>-documents.js
 */
const language = document.documentElement.lang;
const texts = { ...(await import(`./texts-${language}.js`)).default };
const plural = new Intl.PluralRules(language);
const number = new Intl.NumberFormat(language);

export async function load(group) {
  Object.assign(texts, (await import(`./texts-${language}-${group}.js`)).default);
}

export function hasText(key) {
  return Object.hasOwn(texts, key);
}

/* What stands behind `prefix` in the keys that have it. */
export function keysOf(prefix) {
  return Object.keys(texts).filter((key) => key.startsWith(prefix)).map((key) => key.slice(prefix.length));
}

/* A key without a text is shown as it is: a mistake of ours that is seen. */
export function text(key, fields = {}) {
  const words = hasText(key) ? texts[key] : key;
  return words.replace(/\{(\w+)\}/g, (whole, name) =>
    Object.hasOwn(fields, name) ? String(fields[name]) : whole);
}

export function count(key, n, fields = {}) {
  const form = `${key}.${plural.select(n)}`;
  return text(hasText(form) ? form : `${key}.other`, { n: number.format(n), ...fields });
}
