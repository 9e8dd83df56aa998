/*
 * Which files come with a drop or a paste, and what they are called. A folder
 * is gone through; files of one name in it are told apart by their path,
 * since a document replaces an earlier one of its name.
 */
const KNOWN = /\.(txt|text|md|markdown|mdown|mkd|html?|xhtml|pdf|docx)$/i;
const REFUSED = /^(image|audio|video|font)\/|zip|rtf|msword|epub|^application\/vnd\.(?!openxmlformats-officedocument\.wordprocessingml\.document$)/;
const FOREIGN = /\.(rtf|doc|odt|epub)$/i;
const MANY = 1000;

/* Whether the server may take it; text under another name it judges itself. */
export function isOfKnownType({ file, name, path = '' }) {
  if (path !== '')
    return KNOWN.test(name) && !path.split('/').some((step) => step.startsWith('.'));
  return KNOWN.test(name) || (!FOREIGN.test(name) && !REFUSED.test(file.type));
}

/* Those whose name is not theirs alone are called by their path. */
export function withOwnNames(found) {
  const times = Map.groupBy(found, ({ name }) => name.toLowerCase());
  return found.map((one) => (times.get(one.name.toLowerCase()).length === 1 ? one
    : { ...one, name: one.path.replace(/^\//, '').split('/').join(' – ') }));
}

function fileOf(entry) {
  return new Promise((resolve, reject) => { entry.file(resolve, reject); });
}

/* All that a folder holds; its reader tells some of it at a time. */
async function entriesOf(folder) {
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => { reader.readEntries(resolve, reject); });
    if (some.length === 0)
      return found;
    found.push(...some);
  }
}

async function walk(folder, found) {
  for (const entry of await entriesOf(folder)) {
    if (found.length >= MANY)
      return;
    if (entry.isDirectory)
      await walk(entry, found);
    else
      found.push({ file: await fileOf(entry), name: entry.name, path: entry.fullPath });
  }
}

/* {files, inFolders}, each a list of {file, name, path}. */
export async function filesIn(transfer) {
  /* The items are gone after the first pause */
  const items = [...transfer.items].filter(({ kind }) => kind === 'file')
    .map((item) => ({ file: item.getAsFile(), entry: item.webkitGetAsEntry?.() ?? null }));
  const inFolders = [];
  for (const { entry } of items)
    if (entry?.isDirectory)
      await walk(entry, inFolders);
  const files = items.filter(({ file, entry }) => file && !entry?.isDirectory)
    .map(({ file }) => ({ file, name: file.name }));
  return { files, inFolders };
}
