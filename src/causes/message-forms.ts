/** Faults of form on stdout, what clients make of each, and its cure. */
export const FORMS: Record<string, { is: string; clients: string; fix: string }> = {
  'content-length': {
    is: 'frames its messages with Content-Length headers, as language servers do',
    clients: 'Clients look for one line of JSON, drop the headers and report a timeout',
    fix: 'write each message as one line of JSON with a newline, without headers',
  },
  'pretty-printed': {
    is: 'spreads a message over several lines',
    clients: 'Clients read line by line, drop every one of them and report a timeout',
    fix: 'serialise without indentation: one message is one line',
  },
  unterminated: {
    is: 'does not end its message with a newline',
    clients: 'Clients go on waiting for the end of the line and report a timeout, without a word of the reason',
    fix: 'write "\\n" after each message and flush stdout',
  },
  bom: {
    is: 'begins its output with a byte order mark',
    clients: 'Clients built on the SDKs cannot parse that line, drop the reply behind the mark and report a timeout',
    fix: 'write UTF-8 without a byte order mark (.NET: new UTF8Encoding(false))',
  },
  'utf-16': {
    is: 'writes UTF-16',
    clients: 'Clients read UTF-8, drop every line and report a timeout',
    fix: 'write UTF-8 (PowerShell: [Console]::OutputEncoding = [Text.UTF8Encoding]::new($false); PYTHONIOENCODING=utf-8)',
  },
  'rpc-invalid': {
    is: 'sends a message that JSON-RPC 2.0 does not allow',
    clients: 'Clients built on the SDKs reject such a message as a whole and report a timeout',
    fix: 'answer with one object {"jsonrpc":"2.0","id":<the id of the request>,"result":{...}}, not an array, with result or error but not both',
  },
  'wrong-id': {
    is: 'answers with another id than the request had',
    clients:
      'Clients of the TypeScript SDK compare ids as numbers and go on, strict ones wait for the right id for ever',
    fix: 'copy the id of the request into the answer as it came, a number as a number and a string as a string',
  },
  duplicate: {
    is: 'sends a reply that no request is waiting for',
    clients: 'Clients built on the SDKs report an unknown message id and go on, others end the connection',
    fix: 'answer every request exactly once, and send what nobody asked for as a notification without an id',
  },
  unread: {
    is: 'cannot read what the client sends',
    clients: 'The client waits for an answer and reports a timeout',
    fix: 'read stdin line by line, one message of JSON to a line, without headers, and leave out fields that are optional (params) or unknown instead of refusing the message',
  },
  schema: {
    is: 'breaks the schema of initialize',
    clients: '',
    fix: 'update the MCP SDK of the side that complains about unknown fields, or complete the fields it misses: protocolVersion, capabilities and serverInfo {name, version} of the result',
  },
};

/** The form of a stray line; the reason says which kind of a message that JSON-RPC does not allow it is. */
export function formOf({ kind, why = '' }: { kind: string; why?: string }): string {
  if (kind !== 'rpc-invalid') return kind;
  if (/carries the string id/.test(why)) return 'wrong-id';
  return /^a (?:second )?reply to id/.test(why) ? 'duplicate' : kind;
}
