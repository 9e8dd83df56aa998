/*
 * Makes one tree of nodes like another without replacing what is the same in
 * both, so that a selection, the focus and scroll positions survive in a text
 * that grows. Text that got longer is appended to.
 */
function patchText(old, fresh) {
  if (fresh.data.startsWith(old.data))
    old.appendData(fresh.data.slice(old.data.length));
  else
    old.data = fresh.data;
}

function patch(old, fresh) {
  if (!old.cloneNode(false).isEqualNode(fresh.cloneNode(false)) && old.nodeType !== Node.TEXT_NODE
    || old.nodeType !== fresh.nodeType)
    old.replaceWith(fresh);
  else if (old.nodeType === Node.TEXT_NODE)
    patchText(old, fresh);
  else
    morph(old, fresh);
}

/* Gives `host` the children of `fresh`, whose nodes may be moved over. */
export function morph(host, fresh) {
  const before = [...host.childNodes];
  const after = [...fresh.childNodes];
  after.forEach((node, i) => {
    if (i < before.length)
      patch(before[i], node);
    else
      host.append(node);
  });
  for (const node of before.slice(after.length))
    node.remove();
}
