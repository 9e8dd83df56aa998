/*
 * Reads an AI SDK UI message stream: server-sent events whose data is one
 * JSON part each, ended by [DONE]. Comments (": keep-alive") and fields other
 * than data are passed over, as the format of event streams wants it.
 */

/* The connection was lost: nothing is said of the answer itself. */
export class StreamBroken extends Error {}

/* The answer itself told of trouble, as the server says it. */
export class AnswerError extends Error {}

/* Yields the lines of a byte stream without their ends (LF, CRLF or CR). */
async function* linesOf(body) {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      rest += decoder.decode(value, { stream: !done });
      /* A CR at the end may be half of a CRLF: it waits for the next bytes */
      const lines = rest.split(done ? /\r\n|\r|\n/ : /\r\n|\n|\r(?!$)/);
      rest = lines.pop();
      yield* lines;
      if (done)
        return;
    }
  } finally {
    reader.cancel().catch(() => {});
  }
}

/*
 * Yields each part as an object with a `type`. Ends at [DONE]; throws
 * StreamBroken (or what fetch throws) when the stream breaks off before it,
 * or AbortError when the caller aborted.
 */
export async function* partsOf(response) {
  let data = [];
  for await (const line of linesOf(response.body)) {
    if (line.startsWith('data:')) {
      data.push(line.slice(line[5] === ' ' ? 6 : 5));
      continue;
    }
    if (line !== '' || data.length === 0)
      continue;
    const text = data.join('\n');
    data = [];
    if (text === '[DONE]')
      return;
    yield JSON.parse(text);
  }
  throw new StreamBroken();
}
