'use client';

import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport } from 'ai';
import { useMemo, useState } from 'react';

export function Chat({ lectern }) {
  const [input, setInput] = useState('');
  const transport = useMemo(() => new DefaultChatTransport({
    api: `${lectern}/api/chat`,
    credentials: lectern ? 'include' : 'same-origin',
  }), [lectern]);
  const { messages, sendMessage, status, error, regenerate } = useChat({ transport });
  const isBusy = status === 'submitted' || status === 'streaming';

  function ask(event) {
    event.preventDefault();
    sendMessage({ text: input });
    setInput('');
  }

  return (
    <section>
      {messages.map((message) => <Message key={message.id} message={message} lectern={lectern} />)}
      <form onSubmit={ask}>
        <label>Question <input value={input} onChange={(event) => setInput(event.target.value)} /></label>
        <button disabled={isBusy}>Ask</button>
      </form>
      {messages.length > 1 && !isBusy && <button onClick={() => regenerate()}>Answer again</button>}
      <p role="status">{status}</p>
      <p role="alert">{error?.message}</p>
    </section>
  );
}

/* The text, and below it what it cites; the numbers are those in the text. */
function Message({ message, lectern }) {
  const citations = message.parts.filter(({ type }) => type === 'data-citation');

  return (
    <article data-role={message.role}>
      {message.parts.map((part, i) => part.type === 'text' && <p key={i}>{part.text}</p>)}
      <ol>
        {citations.map(({ data }, i) => (
          <li key={i} value={data.n}>
            <a href={`${lectern}/documents/${data.documentId}#${data.start}-${data.end}`}>{data.title}</a>
            <blockquote>{data.quote}</blockquote>
          </li>
        ))}
      </ol>
    </article>
  );
}
