import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { StrayKind } from '../../src/case/evidence.js';
import { type FramedLine, LineFramer, MAX_LINE_BYTES, markPrettyPrinted } from '../../src/wire/framing.js';

const reply = '{"jsonrpc":"2.0","id":1,"result":{}}';

const frame = (...chunks: (string | Buffer)[]): FramedLine[] => {
  const framer = new LineFramer();
  return chunks.flatMap((chunk) => framer.push(Buffer.from(chunk as string)));
};
const first = (chunk: string | Buffer): FramedLine => frame(chunk)[0] as FramedLine;

describe('every line has a class', () => {
  const classes: [string, string | Buffer, StrayKind | null][] = [
    ['a reply', reply, null],
    ['a request', '{"jsonrpc":"2.0","id":"a","method":"ping"}', null],
    ['a notification', '{"jsonrpc":"2.0","method":"notifications/message","params":{}}', null],
    ['blanks around a message', `  ${reply}\t`, null],
    ['text', 'Server listening on stdio', 'not-json'],
    ['half a message', reply.slice(0, 20), 'not-json'],
    ['two messages on one line', reply + reply, 'not-json'],
    ['a log object', '{"level":30,"msg":"ready"}', 'json-not-rpc'],
    ['a number', '42', 'json-not-rpc'],
    ['a batch', `[${reply}]`, 'rpc-invalid'],
    ['an id of the wrong kind', '{"jsonrpc":"2.0","id":{},"result":{}}', 'rpc-invalid'],
    ['a byte order mark', `\uFEFF${reply}`, 'bom'],
    ['UTF-16, little endian', Buffer.from(`\uFEFF${reply}`, 'utf16le'), 'utf-16'],
    ['UTF-16 without a mark', Buffer.from(reply, 'utf16le'), 'utf-16'],
    ['UTF-16, big endian', Buffer.from(reply, 'utf16le').swap16(), 'utf-16'],
    ['bytes that are no UTF-8', Buffer.from([0x63, 0x61, 0x66, 0xe9]), 'invalid-utf8'],
    ['a header of LSP', `Content-Length: ${reply.length}`, 'content-length'],
  ];

  it.each(classes)('%s', (_name, line, stray) => {
    const bytes = Buffer.concat([Buffer.from(line as string), Buffer.from('\n')]);
    expect(first(bytes).stray).toBe(stray);
  });

  it('what a message says is read', () => {
    expect(first(`${reply}\n`).reading).toEqual({ type: 'response', message: JSON.parse(reply) });
    expect(first(`${reply}\n`).text).toBe(reply);
  });

  it('a message with one wrong byte is still read: a client would take it', () => {
    const line = Buffer.from('{"jsonrpc":"2.0","id":1,"result":{"name":"caf#"}}\n');
    line[line.indexOf('#')] = 0xe9;
    const { stray, reading } = first(line);
    expect(stray).toBe('invalid-utf8');
    expect(reading).toMatchObject({ type: 'response', message: { id: 1 } });
  });

  it('text in front of a message on one line is told apart', () => {
    expect(first(`Ready!${reply}\n`)).toMatchObject({ stray: 'not-json', why: expect.stringContaining('byte 6') });
    expect(first('just text\n').why).toBe('plain text, no JSON');
  });

  it('what stands behind a byte order mark is told', () => {
    expect(first(`\uFEFF${reply}\n`)).toMatchObject({ text: reply, why: expect.stringContaining('valid reply') });
    expect(first('\uFEFFhello\n').why).toContain('before the text');
  });

  it('the rules that a message breaks are named', () => {
    expect(first('{"jsonrpc":"1.0","id":1,"result":{}}\n').why).toContain('"jsonrpc" is "1.0"');
  });
});

describe('lines', () => {
  it('CRLF ends a line like LF', () => {
    expect(frame(`${reply}\r\n${reply}\r\n`).map(({ stray, text }) => ({ stray, text }))).toEqual([
      { stray: null, text: reply },
      { stray: null, text: reply },
    ]);
  });

  it('empty lines are no stray and no message', () => {
    const lines = frame('\n\r\n   \n\t\n');
    expect(lines).toHaveLength(4);
    for (const line of lines) expect(line).toMatchObject({ stray: null, text: '' });
    for (const line of lines) expect(line.reading).toBeUndefined();
  });

  it('line numbers count from 1, offsets are bytes from 0', () => {
    const lines = frame('é\n', 'two\r\n\nfour\n');
    expect(lines.map(({ line, offset, bytes }) => [line, offset, bytes])).toEqual([
      [1, 0, 2],
      [2, 3, 4],
      [3, 8, 0],
      [4, 9, 4],
    ]);
  });

  it('every line of UTF-16 is legible, although the newline is cut in two', () => {
    const framer = new LineFramer();
    const lines = framer.push(Buffer.from('\uFEFFHello there\r\nsecond line\r\n', 'utf16le'));
    expect(lines.map(({ stray, text }) => [stray, text])).toEqual([
      ['utf-16', 'Hello there'],
      ['utf-16', 'second line'],
    ]);
    expect(framer.rest()).toBeNull();
  });

  it('a character split between two chunks stays whole', () => {
    const bytes = Buffer.from('{"jsonrpc":"2.0","method":"é€😀"}\n');
    for (let cut = 1; cut < bytes.length; cut++)
      expect(frame(bytes.subarray(0, cut), bytes.subarray(cut))[0]).toMatchObject({
        stray: null,
        reading: { message: { method: 'é€😀' } },
      });
  });

  it('any bytes in any chunks give the same lines as in one chunk', () => {
    const piece = fc.oneof(
      fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\n', '\r\n', '\r', '{', reply, '\uFEFF', 'Content-Length: 5', '\0', ' ')
        .map((text) => Buffer.from(text)),
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(piece), fc.array(fc.nat(64), { minLength: 1 }), (pieces, sizes) => {
        const bytes = Buffer.concat(pieces);
        const whole = new LineFramer();
        const expected = [whole.push(bytes), whole.rest()];
        const framer = new LineFramer();
        const lines: FramedLine[] = [];
        for (let from = 0, i = 0; from < bytes.length; i++) {
          const size = (sizes[i % sizes.length] ?? 0) + 1;
          lines.push(...framer.push(bytes.subarray(from, from + size)));
          from += size;
        }
        expect([lines, framer.rest()]).toEqual(expected);
        expect(framer.total).toBe(bytes.length);
      }),
      { numRuns: 300 },
    );
  });
});

describe('what stands after the last newline', () => {
  const rest = (text: string | Buffer) => {
    const framer = new LineFramer();
    framer.push(Buffer.from(text as string));
    return framer.rest();
  };

  it('is nothing when the last line ended', () => {
    expect(rest('')).toBeNull();
    expect(rest(`${reply}\n`)).toBeNull();
  });

  it('a whole message is blamed for its missing newline', () => {
    expect(rest(`hello\n${reply}`)).toMatchObject({
      stray: 'unterminated',
      line: 2,
      offset: 6,
      bytes: reply.length,
      text: reply,
    });
  });

  it('what is wrong anyway keeps its own class', () => {
    expect(rest('Password: ')?.stray).toBe('not-json');
    expect(rest(reply.slice(0, -2))?.stray).toBe('not-json');
    expect(rest(Buffer.from(reply, 'utf16le'))?.stray).toBe('utf-16');
  });

  it('blanks alone are nothing', () => {
    expect(rest(`${reply}\n  `)).toBeNull();
    expect(rest(`${reply}\n\r`)).toBeNull();
  });
});

describe('a line without end', () => {
  it('40 MB are counted, and no more is held than the longest line', () => {
    const framer = new LineFramer();
    const chunk = Buffer.alloc(1 << 20, 0x61);
    const before = process.memoryUsage();
    for (let i = 0; i < 40; i++) expect(framer.push(chunk)).toEqual([]);
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 * MAX_LINE_BYTES + (8 << 20));
    const rest = framer.rest();
    expect(rest).toMatchObject({ stray: 'over-long', bytes: 40 << 20 });
    expect(rest?.text).toHaveLength(4_096);
  });

  it('is one line, and the next one is read again', () => {
    const framer = new LineFramer();
    for (let i = 0; i < 17; i++) framer.push(Buffer.alloc(1 << 20, 0x61));
    const [long, next] = framer.push(Buffer.from(`\n${reply}\n`));
    expect(long).toMatchObject({
      stray: 'over-long',
      line: 1,
      offset: 0,
      bytes: 17 << 20,
      why: expect.stringContaining('10 MiB'),
    });
    expect(next).toMatchObject({ stray: null, line: 2, offset: (17 << 20) + 1, text: reply });
  });

  it('keeps the start of a long text only', () => {
    expect(first(`${'x'.repeat(100_000)}\n`).text).toHaveLength(4_096);
  });
});

describe('JSON printed with indentation', () => {
  const strays = (text: string) =>
    frame(text).flatMap(({ stray, text: line, why }) => (stray ? [{ kind: stray, text: line, why }] : []));

  it('the lines that are one message together are marked', () => {
    const marked = markPrettyPrinted(strays(`starting\n${JSON.stringify(JSON.parse(reply), null, 2)}\ndone\n`));
    expect(marked.map(({ kind }) => kind)).toEqual([
      'not-json',
      'pretty-printed',
      'pretty-printed',
      'pretty-printed',
      'pretty-printed',
      'pretty-printed',
      'not-json',
    ]);
    expect(marked[1]?.why).toBe('one message is spread over several lines');
  });

  it('a printed object that is no message stays what it is', () => {
    const marked = markPrettyPrinted(strays('{\n  "level": 30\n}\n'));
    expect(marked.map(({ kind }) => kind)).toEqual(['not-json', 'not-json', 'not-json']);
  });

  it('two messages in a row are both found, and the input is left alone', () => {
    const pretty = `${JSON.stringify(JSON.parse(reply), null, 2)}\n`;
    const given = strays(pretty + pretty);
    const copy = structuredClone(given);
    expect(new Set(markPrettyPrinted(given).map(({ kind }) => kind))).toEqual(new Set(['pretty-printed']));
    expect(given).toEqual(copy);
  });
});
