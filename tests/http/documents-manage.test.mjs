import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { signedUp } from '../lib/http.mjs';
import { startLectern } from '../lib/lectern.mjs';
import { until } from '../lib/wait.mjs';

let lectern, anna, berta, admin;
const sql = (text) => lectern.postgres.psql(lectern.database, text);

before(async () => {
  lectern = await startLectern({ env: { QUOTA_USER_MB: '1' } });
  anna = await signedUp(lectern.url);
  berta = await signedUp(lectern.url);
  admin = await signedUp(lectern.url, { email: 'root@example.com' });
  await sql(`update users set role = 'admin' where email = 'root@example.com'`);
});

after(async () => {
  assert.equal(lectern.restarts(), 0, lectern.tail());
  await lectern.stop();
});

const put = (client, name, body, query = '') => client.post(
  `/api/documents?filename=${encodeURIComponent(name)}${query}`,
  undefined, { body, headers: { 'content-type': 'text/plain' } });
const read = async (client, id) =>
  (await client.get(`/api/documents/${id}`)).json.document;
const found = async (client, query) => (await client.post('/api/search', { query }))
  .json.results.map((result) => result.documentId);
const names = async (client, query = '') => (await client.get(
  `/api/documents?limit=100${query}`)).json.documents
  .filter((document) => !document.shared).map((document) => document.filename);

async function settled(client, id) {
  return until(async () => {
    const document = await read(client, id);
    return ['ready', 'failed'].includes(document.status) && document;
  }, `document ${id} to be read`);
}

/** Uploads and waits until it is ready. */
async function ready(client, name, body, query) {
  const reply = await put(client, name, body, query);

  assert.equal(reply.status, 201, reply.text);
  return settled(client, reply.json.document.id);
}

/** Makes a document look as if its reader had given up. */
async function fail(id) {
  await sql(`delete from index_jobs where document = '${id}';
    update documents set status = 'failed', error = 'It could not be read.'
    where id = '${id}'`);
}

/** Lets new jobs wait until the returned function is called with a document. */
async function hold() {
  await sql(`alter table index_jobs alter due_at
    set default now() + interval '5 min'`);
  return async (client, id) => {
    await sql(`alter table index_jobs alter due_at set default now();
      update index_jobs set due_at = now() where document = '${id}'`);
    // Changes nothing, but wakes the readers.
    await client.post(`/api/documents/${id}/retry`);
  };
}

describe('renaming', () => {
  test('a new title is shown at once and found when it has been read', async () => {
    const { id } = await ready(anna, 'rename.txt', 'The kestrel hovers.');
    const reply = await anna.patch(`/api/documents/${id}`, { title: 'Über Falken' });

    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.document.title, 'Über Falken');
    assert.equal(reply.json.document.filename, 'rename.txt');
    await settled(anna, id);
    assert.deepEqual(await found(anna, 'Falken'), [id]);
    assert.equal((await anna.post('/api/search', { query: 'kestrel' }))
      .json.results[0].title, 'Über Falken');
  });

  test('while it waits to be read again, the old index serves', async () => {
    const { id } = await ready(anna, 'serve.txt', 'The osprey dives.');
    const release = await hold();

    try {
      const reply = await anna.patch(`/api/documents/${id}`, { title: 'Fishers' });
      assert.equal(reply.json.document.status, 'queued');
      assert.deepEqual(await found(anna, 'osprey'), [id]);
      assert.equal((await anna.get(`/api/documents/${id}/text`)).text,
        'The osprey dives.');
    } finally {
      await release(anna, id);
    }
    assert.equal((await settled(anna, id)).status, 'ready');
  });

  test('a new file name alone reads nothing again', async () => {
    const { id } = await ready(anna, 'before.txt', 'Names only.');
    const reply = await anna.patch(`/api/documents/${id}`, { filename: 'nach her.txt' });

    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.document.filename, 'nach her.txt');
    assert.equal(reply.json.document.status, 'ready');
    assert.equal((await put(anna, 'nach her.txt', 'Other bytes.')).json.document.id, id);
  });

  test('a title given by a person stays when the file is replaced', async () => {
    const { id } = await ready(anna, 'kept.txt', 'First words of it');

    await anna.patch(`/api/documents/${id}`, { title: 'My own title' });
    const again = await put(anna, 'kept.txt', 'Second words of it');
    assert.equal(again.status, 201);
    assert.equal(again.json.document.id, id);
    assert.equal(again.json.document.title, 'My own title');
  });

  test('the file name of another document is refused with 409', async () => {
    const one = await ready(anna, 'one.txt', 'I am one.');

    await ready(anna, 'two.txt', 'I am two.');
    const reply = await anna.patch(`/api/documents/${one.id}`, { filename: 'two.txt' });
    assert.equal(reply.status, 409);
    assert.equal(reply.json.code, 'FILENAME_TAKEN');
    assert.equal(reply.json.field, 'filename');
    assert.equal((await read(anna, one.id)).filename, 'one.txt');
  });

  for (const [what, body, field] of [
    ['nothing to change', {}, 'title'],
    ['a blank title', { title: ' \t' }, 'title'],
    ['an empty title', { title: '' }, 'title'],
    ['a title in two lines', { title: 'a\nb' }, 'title'],
    ['a title that is too long', { title: 'x'.repeat(301) }, 'title'],
    ['a number as title', { title: 7 }, 'title'],
    ['an empty file name', { filename: '' }, 'filename'],
    ['a file name of dots', { filename: '..' }, 'filename'],
    ['a folder as file name', { filename: 'a/' }, 'filename'],
    ['a file name with a control character', { filename: 'a\u0007' }, 'filename'],
    ['a file name that is too long', { filename: 'x'.repeat(256) }, 'filename'],
  ]) {
    test(`${what} is refused with 400`, async () => {
      const { id } = (await put(anna, 'steady.txt', 'Steady.')).json.document;
      const reply = await anna.patch(`/api/documents/${id}`, body);

      assert.equal(reply.status, 400, reply.text);
      assert.equal(reply.json.field, field);
      assert.equal((await read(anna, id)).filename, 'steady.txt');
    });
  }

  test('of a path in a file name only the last part is kept', async () => {
    const { id } = await ready(anna, 'path.txt', 'Paths.');
    const reply = await anna.patch(`/api/documents/${id}`,
      { filename: '../../etc/C:\\x\\last.txt' });

    assert.equal(reply.json.document.filename, 'last.txt');
  });
});

describe('trying again', () => {
  test('a failed document is read again', async () => {
    const { id } = await ready(anna, 'retry.txt', 'The ptarmigan turns white.');

    await fail(id);
    const reply = await anna.post(`/api/documents/${id}/retry`);
    assert.equal(reply.status, 200, reply.text);
    assert.equal(reply.json.document.status, 'queued');
    assert.equal(reply.json.document.error, null);
    assert.equal((await settled(anna, id)).status, 'ready');
    assert.deepEqual(await found(anna, 'ptarmigan'), [id]);
  });

  test('a ready one stays as it is', async () => {
    const { id } = await ready(anna, 'fine.txt', 'All is well.');
    const reply = await anna.post(`/api/documents/${id}/retry`);

    assert.equal(reply.status, 200);
    assert.equal(reply.json.document.status, 'ready');
  });
});

describe('taking a deletion back', () => {
  test('the document is listed at once, and searchable when it has been read',
    async () => {
      const { id } = await ready(anna, 'undo.txt', 'The capercaillie sings.');

      await anna.delete(`/api/documents/${id}`);
      assert.deepEqual(await found(anna, 'capercaillie'), []);
      await until(async () => await sql(
        `select chunks from documents where id = '${id}'`) === '0',
      'its index to be cleaned');
      const reply = await anna.post(`/api/documents/${id}/restore`);
      assert.equal(reply.status, 200, reply.text);
      assert.equal(reply.json.document.id, id);
      assert.ok((await names(anna)).includes('undo.txt'));
      await settled(anna, id);
      assert.deepEqual(await found(anna, 'capercaillie'), [id]);
      assert.equal((await anna.get(`/api/documents/${id}/original`)).text,
        'The capercaillie sings.');
    });

  test('right after deleting works too', async () => {
    for (let n = 0; n < 10; n++) {
      const { id } = await ready(anna, `quick${n}.txt`, `Quick undo ${n} wheatear.`);

      await anna.delete(`/api/documents/${id}`);
      assert.equal((await anna.post(`/api/documents/${id}/restore`)).status, 200);
      assert.equal((await settled(anna, id)).status, 'ready');
      assert.ok((await found(anna, `wheatear ${n}`)).includes(id));
    }
  });

  test('a document that had failed comes back as it was', async () => {
    const { id } = await ready(anna, 'sad.txt', 'Sad but true.');

    await fail(id);
    await anna.delete(`/api/documents/${id}`);
    const reply = await anna.post(`/api/documents/${id}/restore`);
    assert.equal(reply.json.document.status, 'failed');
    assert.equal(reply.json.document.error, 'It could not be read.');
  });

  test('what was never deleted, or a day ago, is 404', async () => {
    const { id } = await ready(anna, 'late.txt', 'Too late.');
    const restore = () => anna.post(`/api/documents/${id}/restore`);

    assert.equal((await restore()).status, 404);
    await anna.delete(`/api/documents/${id}`);
    await sql(`update documents set deleted_at = now() - interval '24 hours 1 second'
      where id = '${id}'`);
    const reply = await restore();
    assert.equal(reply.status, 404);
    assert.equal(reply.json.code, 'DOCUMENT_NOT_FOUND');
    assert.equal((await anna.post(`/api/documents/${'a'.repeat(32)}/restore`)).status,
      404);
  });

  test('its name having gone to another document is 409', async () => {
    const { id } = await ready(anna, 'mine.txt', 'The first of that name.');

    await anna.delete(`/api/documents/${id}`);
    const second = await ready(anna, 'mine.txt', 'The second of that name.');
    const reply = await anna.post(`/api/documents/${id}/restore`);
    assert.equal(reply.status, 409);
    assert.equal(reply.json.code, 'FILENAME_TAKEN');
    await anna.patch(`/api/documents/${second.id}`, { filename: 'theirs.txt' });
    assert.equal((await anna.post(`/api/documents/${id}/restore`)).status, 200);
  });
});

describe('whose document it is', () => {
  const changes = [
    ['renaming', (c, id) => c.patch(`/api/documents/${id}`, { title: 'Taken' })],
    ['trying again', (c, id) => c.post(`/api/documents/${id}/retry`)],
    ['deleting', (c, id) => c.delete(`/api/documents/${id}`)],
  ];

  for (const [what, change] of changes) {
    test(`${what} another user's is 404`, async () => {
      const { id } = (await put(anna, 'hers.txt', 'Of Anna alone.')).json.document;

      await settled(anna, id);
      for (const other of [berta, admin]) {
        assert.equal((await change(other, id)).status, 404);
      }
      assert.equal((await read(anna, id)).filename, 'hers.txt');
    });

    test(`${what} one of the shared library is for administrators`, async () => {
      const { id } = await ready(admin, 'rules.txt', 'Rules of the house.', '&shared=1');
      const reply = await change(anna, id);

      assert.equal(reply.status, 403, reply.text);
      assert.equal(reply.json.code, 'FORBIDDEN');
      assert.ok([200, 204].includes((await change(admin, id)).status));
      await admin.delete(`/api/documents/${id}`);
    });
  }

  test('taking back another one\'s deletion is 404, the library\'s too', async () => {
    const hers = await ready(anna, 'gone.txt', 'Gone.');
    const shared = await ready(admin, 'gone.txt', 'Gone for all.', '&shared=1');

    await anna.delete(`/api/documents/${hers.id}`);
    await admin.delete(`/api/documents/${shared.id}`);
    assert.equal((await berta.post(`/api/documents/${hers.id}/restore`)).status, 404);
    assert.equal((await admin.post(`/api/documents/${hers.id}/restore`)).status, 404);
    assert.equal((await anna.post(`/api/documents/${shared.id}/restore`)).status, 404);
    assert.equal((await admin.post(`/api/documents/${shared.id}/restore`)).status, 200);
    await settled(admin, shared.id);
    await admin.delete(`/api/documents/${shared.id}`);
  });
});

describe('a replaced document', () => {
  test('keeps serving its old text until the new one is read, and citations of ' +
    'the old text are then no longer shown', async () => {
    const { id } = await ready(anna, 'cited.txt',
      'The bittern booms at dusk in the reeds of the eastern marsh.');
    const asked = await anna.post('/api/chat',
      { message: 'Where does the bittern boom at dusk?', documentIds: [id] },
      { headers: { accept: 'application/json' } });
    const cited = async () => (await anna.get(
      `/api/conversations/${asked.json.conversationId}`)).json.conversation.messages
      .at(-1).citations;

    assert.equal(asked.status, 200, asked.text);
    assert.ok(asked.json.citations.length > 0, asked.text);
    assert.deepEqual(await cited(), asked.json.citations);

    const release = await hold();
    try {
      await put(anna, 'cited.txt', 'Something else altogether about herons.');
      assert.match((await anna.get(`/api/documents/${id}/text`)).text, /bittern/);
      assert.deepEqual(await found(anna, 'bittern'), [id]);
      assert.deepEqual(await cited(), asked.json.citations);
    } finally {
      await release(anna, id);
    }
    await settled(anna, id);
    assert.deepEqual(await cited(), []);
    await put(anna, 'cited.txt',
      'The bittern booms at dusk in the reeds of the eastern marsh.');
    await settled(anna, id);
    assert.deepEqual(await cited(), asked.json.citations, 'they hold again');

    await anna.delete(`/api/documents/${id}`);
    assert.deepEqual(await cited(), []);
    await anna.post(`/api/documents/${id}/restore`);
    assert.deepEqual(await cited(), asked.json.citations);
  });
});

describe('the list', () => {
  let carl;
  const make = ['b Zebra', 'Ärger', 'apfel', 'Zoo', '  ', 'Birne'];

  before(async () => {
    carl = await signedUp(lectern.url);
    for (const [n, title] of make.entries()) {
      await carl.post('/api/documents', { title: title.trim() === '' ? '…' : title,
        text: `Text ${'x'.repeat((n * 5) % 6 + 1)}` });
    }
  });

  const own = (list) => list.filter((document) => !document.shared);

  for (const [sort, key] of [['title', (d) => d.title], ['size', (d) => d.size],
    ['status', (d) => d.status],
    ['createdAt', (d) => d.createdAt], ['updatedAt', (d) => d.updatedAt]]) {
    test(`is sorted by ${sort}, either way, over pages of any size`, async () => {
      const all = own((await carl.get(`/api/documents?sort=${sort}`)).json.documents);

      assert.equal(all.length, make.length);
      for (const direction of ['', '-']) {
        for (const limit of [1, 2, 4]) {
          const seen = [];
          let cursor = '';

          do {
            const reply = await carl.get(`/api/documents?sort=${direction}${sort}` +
              `&limit=${limit}&cursor=${cursor}`.replace(/&cursor=$/, ''));
            assert.equal(reply.status, 200, reply.text);
            seen.push(...own(reply.json.documents));
            cursor = reply.json.nextCursor;
          } while (cursor !== null);
          const ids = (list) => list.map((d) => d.id);
          assert.deepEqual(ids(direction === '' ? seen : seen.reverse()), ids(all));
        }
      }
      if (sort === 'title') {
        assert.deepEqual(all.map(key).filter((t) => t !== '…'),
          ['apfel', 'Ärger', 'b Zebra', 'Birne', 'Zoo']);
      } else {
        assert.deepEqual(all.map(key), all.map(key).sort((a, b) => (a < b ? -1 : 1)));
      }
    });
  }

  test('is narrowed by status and by words', async () => {
    const reply = await carl.post('/api/documents', { title: 'Broken', text: 'Broken' });
    const { id } = reply.json.document;

    await settled(carl, id);
    await fail(id);
    const list = async (query) => own((await carl.get(`/api/documents?${query}`))
      .json.documents).map((d) => d.title);
    assert.deepEqual(await list('status=failed'), ['Broken']);
    assert.deepEqual(await list('status=failed&sort=title'), ['Broken']);
    assert.deepEqual(await list('q=zEb'), ['b Zebra']);
    assert.deepEqual(await list('q=zeb&sort=-size'), ['b Zebra']);
    assert.ok(!(await list('status=ready')).includes('Broken'));
    assert.equal((await list('sort=status'))[0], 'Broken');
    assert.equal((await list('sort=-status')).at(-1), 'Broken');
    await carl.delete(`/api/documents/${id}`);
  });

  test('is that of the shared library, the own ones or both', async () => {
    await lectern.postgres.psql(lectern.database, `select 1 from document_put(null,
      'all.txt', null, 'For all', 'text/plain', 'For all'::bytea, 0, 7)`);
    for (const sort of ['', '&sort=title', '&sort=-status']) {
      const flags = async (query) => [...new Set((await carl.get(
        `/api/documents?${query}${sort}`)).json.documents.map((d) => d.shared))].sort();
      assert.deepEqual(await flags('shared=true'), [true]);
      assert.deepEqual(await flags('shared=false'), [false]);
      assert.deepEqual(await flags('limit=100'), [false, true]);
    }
  });

  for (const query of ['shared=perhaps', 'shared=', 'sort=colour', 'sort=', 'sort=-', `sort=${'x'.repeat(99)}`,
    'status=lost', 'sort=title&cursor=zz.1', `q=${'x'.repeat(201)}`,
    `cursor=${'1'.repeat(999)}`, 'limit=00000000000000000000000001']) {
    test(`?${query.slice(0, 40)} is refused with 400`, async () => {
      const reply = await carl.get(`/api/documents?${query}`);

      assert.equal(reply.status, 400, reply.text);
      assert.equal(reply.json.field, query.split('&').at(-1).split('=')[0]);
    });
  }

  test('tells what is used of how much, without others\' documents', async () => {
    const dora = await signedUp(lectern.url);

    assert.deepEqual((await dora.get('/api/documents?q=nothing-at-all')).json,
      { documents: [], nextCursor: null, usage: { bytes: 0, limit: 1048576 } });
    const { id } = (await put(dora, 'five.txt', 'Five!')).json.document;
    assert.equal((await dora.get('/api/documents')).json.usage.bytes, 5);
    await dora.delete(`/api/documents/${id}`);
    assert.equal((await dora.get('/api/documents?sort=size')).json.usage.bytes, 0);
  });
});

describe('names of uploads', () => {
  const multipart = (name) => anna.post('/api/documents', undefined, {
    body: `--b\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n` +
      `\r\nText ${Math.random()}\r\n--b--\r\n`,
    headers: { 'content-type': 'multipart/form-data; boundary=b' } });

  for (const [sent, kept] of [['a/b/c.txt', 'c.txt'], ['..\\..\\d.txt', 'd.txt'],
    ['.hidden.txt', '.hidden.txt'], ['x'.repeat(255), 'x'.repeat(255)],
    ['..', null], ['...', null], ['a/..', null], ['a/', null],
    ['x'.repeat(256), null]]) {
    test(`${sent.slice(0, 20)} (${sent.length}) is ${kept === null ? 'refused'
      : `kept as ${kept.slice(0, 20)}`}, by whatever way it comes`, async () => {
      for (const reply of [await put(anna, sent, `Text ${Math.random()}`),
        await anna.post('/api/documents', undefined, { body: `Text ${Math.random()}`,
          headers: { 'content-type': 'text/plain',
            'x-filename': encodeURIComponent(sent) } }),
        await multipart(sent.replaceAll('\\', '\\\\'))]) {
        if (kept === null) {
          assert.equal(reply.status, 400, reply.text);
        } else {
          assert.equal(reply.status, 201, reply.text);
          assert.equal(reply.json.document.filename, kept);
        }
      }
    });
  }
});
