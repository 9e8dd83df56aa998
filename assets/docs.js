/*
 * The API reference, made of /openapi.json: each route with what it takes and
 * answers, and a form that sends it with the reader's own session.
 *
 * Shapes are written as JSON with the type in each place, which is shorter
 * to read than their schemas. Deliberately missing: uploads and streams as
 * such; a stream is shown as the text that came.
 */
import { describe, tryOut } from './api.js';
import { copyOf, make, part, say } from './dom.js';
import { count, text } from './texts.js';

const COPIED_MS = 2000;
const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

let schemas = {};

function resolved(schema) {
  return schema?.$ref ? schemas[schema.$ref.split('/').pop()] : schema;
}

/* A value that shows the shape: types stand where values would. */
function shapeOf(given, depth = 0) {
  const schema = resolved(given) ?? {};
  if (schema.oneOf)
    return shapeOf(schema.oneOf[0], depth);
  if (schema.const !== undefined)
    return schema.const;
  if (schema.enum)
    return schema.enum.map(String).join(' | ');
  const [type, ...others] = [schema.type ?? 'any'].flat();
  if (type === 'array')
    return depth > 6 ? [] : [shapeOf(schema.items, depth + 1)];
  if (type === 'object' && schema.properties && depth <= 6)
    return Object.fromEntries(Object.entries(schema.properties)
      .map(([name, inner]) => [name, shapeOf(inner, depth + 1)]));
  return [type, ...others].join(' or ') + (schema.description ? ` (${schema.description})` : '');
}

/* A body to begin with: what has to be there, empty. */
function exampleOf(given) {
  const schema = resolved(given) ?? {};
  if (schema.oneOf)
    return exampleOf(schema.oneOf[0]);
  if (schema.type === 'array')
    return [];
  if (schema.type === 'object')
    return Object.fromEntries((schema.required ?? []).map((name) =>
      [name, exampleOf(schema.properties[name])]));
  return schema.type === 'boolean' ? false : ['integer', 'number'].includes(schema.type) ? 0 : '';
}

function showSchema(parent, name, schema) {
  const block = copyOf('schema-template');
  part(block, 'name').textContent = name;
  part(block, 'shape').textContent = JSON.stringify(shapeOf(schema), null, 2);
  parent.append(block);
}

function addField(form, key, label, tag, value = '') {
  const field = copyOf('field-template');
  const input = document.createElement(tag);
  input.id = `${key}-${label}`;
  input.name = label;
  input.value = value;
  if (tag === 'textarea')
    input.rows = Math.min(12, value.split('\n').length + 1);
  part(field, 'label').htmlFor = input.id;
  part(field, 'label').textContent = label;
  field.append(input);
  form.append(field);
  return input;
}

/* What the form says, as a request. */
function requestOf(method, path, parameters, inputs, body) {
  const query = new URLSearchParams();
  let target = path;
  for (const { name, in: place } of parameters) {
    const { value } = inputs.get(name);
    if (place === 'path')
      target = target.replace(`{${name}}`, encodeURIComponent(value));
    else if (value)
      query.set(name, value);
  }
  return [method.toUpperCase(), query.size ? `${target}?${query}` : target, body?.value];
}

/* The request as a command line; who asks is left to fill in. */
function curlOf([method, target, body]) {
  const quoted = (words) => `'${words.replaceAll("'", "'\\''")}'`;
  return [`curl -X ${method} ${quoted(location.origin + target)}`, '-H "Authorization: Bearer $LECTERN_KEY"',
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${quoted(body)}`])].join(' \\\n  ');
}

async function copyCurl(label, request) {
  const words = label.dataset.words ??= label.textContent;
  try {
    await navigator.clipboard.writeText(curlOf(request));
    label.textContent = text('docs.copied');
  } catch {
    label.textContent = text('docs.copyRefused');
  }
  setTimeout(() => { label.textContent = words; }, COPIED_MS);
}

function bindTry(row, key, method, path, { parameters = [], requestBody }) {
  const json = requestBody?.content['application/json'];
  const form = part(row, 'try');
  const fields = part(row, 'fields');
  const outcome = part(row, 'outcome');
  const inputs = new Map(parameters.map(({ name }) => [name, addField(fields, key, name, 'input')]));
  const body = json
    ? addField(fields, key, text('docs.body'), 'textarea', JSON.stringify(exampleOf(json.schema), null, 2)) : null;
  const request = () => requestOf(method, path, parameters, inputs, body);
  part(form, 'curl').addEventListener('click', () => copyCurl(part(form, 'curl-label'), request()));
  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    part(form, 'send').disabled = true;
    say(outcome, await tryOut(...request()));
    part(form, 'send').disabled = false;
  });
}

function fill(row, key, method, path, operation) {
  const { security, requestBody, responses } = operation;
  part(row, 'session').hidden = security?.length === 0;
  for (const [type, { schema }] of Object.entries(requestBody?.content ?? {}))
    showSchema(part(row, 'takes'), text('docs.takes', { type }), schema);
  for (const [status, { description, content = {} }] of Object.entries(responses)) {
    part(row, 'answers').append(
      make('dt', {}, status === 'default' ? text('docs.else') : status),
      make('dd', { lang: 'en' }, [description, ...Object.keys(content)].join(' · ')));
  }
  const shown = Object.entries(responses).find(([status, { content }]) =>
    status !== 'default' && content?.['application/json']?.schema);
  if (shown)
    showSchema(part(row, 'takes'), text('docs.answersWith', { status: shown[0] }), shown[1].content['application/json'].schema);
  bindTry(row, key, method, path, operation);
}

/* A route is filled when it is opened first: there are many. */
function rowOf(method, path, operation) {
  const row = copyOf('route-template');
  row.id = operation.operationId;
  part(row, 'method').textContent = method;
  part(row, 'path').textContent = path;
  part(row, 'summary').textContent = operation.summary;
  row.addEventListener('toggle', () => fill(row, operation.operationId, method, path, operation),
    { once: true });
  return row;
}

function groupOf(name) {
  const group = copyOf('group-template');
  group.id = name.toLowerCase().replaceAll(' ', '-');
  part(group, 'title').textContent = name;
  part(document, 'groups').append(make('li', {}, make('a', { href: `#${group.id}` }, name)));
  part(document, 'routes').append(group);
  return part(group, 'members');
}

/* Only routes whose path, method or summary has all the words. */
function filter() {
  const words = part(document, 'filter-form').elements.namedItem('filter').value.toLowerCase().split(/\s+/);
  let found = 0;
  for (const group of document.querySelectorAll('.group')) {
    const shown = [...group.querySelectorAll('.route')].filter((row) => {
      const said = row.querySelector('summary').textContent.toLowerCase();
      row.hidden = !words.every((word) => said.includes(word));
      return !row.hidden;
    });
    group.hidden = shown.length === 0;
    found += shown.length;
  }
  part(document, 'found').textContent = count('docs.found', found);
  say(part(document, 'none'), found === 0 ? text('docs.none') : '');
}

async function show() {
  const description = await describe();
  const groups = new Map();
  schemas = description.components.schemas;
  part(document, 'lead').textContent = description.info.description;
  for (const [path, operations] of Object.entries(description.paths)) {
    for (const method of METHODS.filter((name) => operations[name])) {
      const [tag] = operations[method].tags;
      if (!groups.has(tag))
        groups.set(tag, groupOf(tag));
      groups.get(tag).append(rowOf(method, path, operations[method]));
    }
  }
  part(document, 'routes').removeAttribute('aria-busy');
  part(document, 'filter-form').addEventListener('input', filter);
  part(document, 'filter-form').addEventListener('submit', (event) => event.preventDefault());
  const named = document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDetailsElement)
    named.open = true;
  named?.scrollIntoView();
}

show().catch((error) => say(part(document, 'banner'), error.message));
