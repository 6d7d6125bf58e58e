// What hostile web servers are made of: answers written to the socket byte by byte, and requests read from it.

export const JSON_TYPE = 'content-type: application/json';
export const SSE_TYPE = 'content-type: text/event-stream';
const RESULTS = {
  initialize: {
    protocolVersion: '2025-11-25',
    capabilities: { tools: {} },
    serverInfo: { name: 'hostile', version: '1' },
  },
  'tools/list': { tools: [{ name: 'echo', inputSchema: { type: 'object' } }] },
  ping: {},
};

export const message = ({ id, method }) =>
  JSON.stringify(
    RESULTS[method]
      ? { jsonrpc: '2.0', id, result: RESULTS[method] }
      : { jsonrpc: '2.0', id, error: { code: -32601, message: 'Method not found' } },
  );
export const head = (status, ...lines) => `HTTP/1.1 ${status}\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
export const chunk = (text) => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
export const whole = (body, ...lines) =>
  Buffer.concat([
    Buffer.from(head('200 OK', `content-length: ${Buffer.byteLength(body)}`, ...lines), 'latin1'),
    Buffer.from(body),
  ]);

/** How a sound server answers, for those that are hostile once and sound otherwise. */
export function sound(socket, { method, rpc }, ...lines) {
  if (method !== 'POST') return socket.write(head('405 Method Not Allowed', 'allow: POST', 'content-length: 0'));
  if (rpc?.id === undefined) return socket.write(head('202 Accepted', 'content-length: 0'));
  return socket.write(whole(message(rpc), JSON_TYPE, ...lines));
}

/** Write for ever, as fast as the other side reads. */
export function pump(socket, part) {
  const more = () => {
    while (!socket.destroyed && socket.writable) if (!socket.write(part)) return;
  };
  socket.on('drain', more);
  more();
}

/** Write the parts one after another with a pause before each; for ever when there is no end to them. */
export function drip(socket, parts, pauseMs) {
  const next = parts[Symbol.iterator]();
  const timer = setInterval(() => {
    const { value, done } = next.next();
    if (done || socket.destroyed) return clearInterval(timer);
    return socket.write(value);
  }, pauseMs);
  socket.on('close', () => clearInterval(timer));
}

export function* forever(part) {
  for (;;) yield part;
}

/** Requests of one connection, one after the other. */
export function serve(behave, socket) {
  let held = Buffer.alloc(0);
  socket.on('error', () => {});
  if (behave.open) return behave.open(socket);
  return socket.on('data', (part) => {
    held = Buffer.concat([held, part]);
    for (;;) {
      const end = held.indexOf('\r\n\r\n');
      if (end < 0) return;
      const [first = '', ...lines] = held.subarray(0, end).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
      );
      const length = Number(headers['content-length'] ?? 0);
      if (held.length < end + 4 + length) return;
      const text = held.subarray(end + 4, end + 4 + length).toString('utf8');
      held = held.subarray(end + 4 + length);
      let rpc;
      try {
        rpc = JSON.parse(text);
      } catch {
        // An empty body, or one that is broken on purpose.
      }
      const [method, path] = first.split(' ');
      behave(socket, { method, path, headers, rpc, text });
    }
  });
}
