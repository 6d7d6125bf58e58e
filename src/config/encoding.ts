/** Between the bytes of a file and its text. */
import type { ConfigText, SyntaxFault } from './config.js';

type Encoding = ConfigText['encoding'];

export interface Decoded {
  text: string;
  encoding: Encoding;
  faults: SyntaxFault[];
}

/** What every client reads. */
const PLAIN: Encoding = { bom: false, charset: 'utf-8' };

/** Text of the bytes, without a byte order mark. Bytes that are no text become U+FFFD, and the encoding says `lossy`. */
export function decode(bytes: Uint8Array): Decoded {
  if (starts(bytes, 0xff, 0xfe, 0, 0) || starts(bytes, 0, 0, 0xfe, 0xff)) {
    return unreadable('UTF-32');
  }
  const { charset, skip } = charsetOf(bytes);
  const body = bytes.subarray(skip);
  const text = new TextDecoder(charset, { ignoreBOM: true }).decode(body);
  const encoding: Encoding = { bom: skip > 0, charset };
  const faults: SyntaxFault[] = [];
  const exact = same(encode(text, charset), body);
  if (!exact) {
    encoding.lossy = true;
    const at = Math.max(text.indexOf('\ufffd'), 0);
    const facts = { encoding: NAMES[charset], problem: 'invalid' };
    faults.push({
      rule: 'syntax-encoding',
      range: { start: at, end: Math.min(at + 1, text.length) },
      facts,
      edits: [],
    });
  }
  const begin = { start: 0, end: Math.min(1, text.length) };
  const recode = exact ? { recode: PLAIN } : {};
  if (charset !== 'utf-8') {
    const facts = { encoding: NAMES[charset], problem: 'charset' };
    faults.unshift({ rule: 'syntax-encoding', range: begin, facts, edits: [], ...recode });
  } else if (skip > 0) {
    faults.unshift({ rule: 'syntax-bom', range: begin, facts: {}, edits: [], ...recode });
  }
  return { text, encoding, faults };
}

/** The bytes of a text in the encoding of its file. Throws a RangeError where the file held bytes that are no text: they would be lost. */
export function encodeAs(text: string, encoding: Encoding): Uint8Array {
  if (encoding.lossy) {
    throw new RangeError(
      `the file holds bytes that are not ${NAMES[encoding.charset]}, and cannot be written back unchanged`,
    );
  }
  return encode(encoding.bom ? `\ufeff${text}` : text, encoding.charset);
}

const NAMES = { 'utf-8': 'UTF-8', 'utf-16le': 'UTF-16 LE', 'utf-16be': 'UTF-16 BE' } as const;

function charsetOf(bytes: Uint8Array): { charset: Encoding['charset']; skip: number } {
  if (starts(bytes, 0xef, 0xbb, 0xbf)) return { charset: 'utf-8', skip: 3 };
  if (starts(bytes, 0xff, 0xfe)) return { charset: 'utf-16le', skip: 2 };
  if (starts(bytes, 0xfe, 0xff)) return { charset: 'utf-16be', skip: 2 };
  // Without a mark: configuration begins with an ASCII character, of which UTF-16 makes one byte and one zero.
  if (bytes.length >= 4 && bytes.length % 2 === 0) {
    if (bytes[0] !== 0 && bytes[1] === 0 && bytes[2] !== 0 && bytes[3] === 0) return { charset: 'utf-16le', skip: 0 };
    if (bytes[0] === 0 && bytes[1] !== 0 && bytes[2] === 0 && bytes[3] !== 0) return { charset: 'utf-16be', skip: 0 };
  }
  return { charset: 'utf-8', skip: 0 };
}

function unreadable(name: string): Decoded {
  const fault: SyntaxFault = {
    rule: 'syntax-encoding',
    range: { start: 0, end: 0 },
    facts: { encoding: name, problem: 'charset' },
    edits: [],
  };
  return { text: '', encoding: { bom: true, charset: 'utf-8', lossy: true }, faults: [fault] };
}

function encode(text: string, charset: Encoding['charset']): Uint8Array {
  if (charset === 'utf-8') return new TextEncoder().encode(text);
  const bytes = new Uint8Array(text.length * 2);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(i * 2, text.charCodeAt(i), charset === 'utf-16le');
  return bytes;
}

function starts(bytes: Uint8Array, ...with_: number[]): boolean {
  return bytes.length >= with_.length && with_.every((byte, i) => bytes[i] === byte);
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
