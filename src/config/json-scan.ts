/**
 * The words of a JSON text, also of one that people broke: other quotes, other comments, bare words, backslashes of Windows. A
 * scanner of our own, because that of a library tells neither where a broken string was meant to end nor which backslash is alone.
 */
import { escapeFault } from './backslash.js';
import type { Range } from './config.js';
import type { Faults } from './tree.js';

export interface Token {
  /** `word`: text without quotes. `end`: there is nothing more. Punctuation stands for itself. */
  type: 'string' | 'number' | 'literal' | 'word' | 'end' | '{' | '}' | '[' | ']' | ':' | ',';
  start: number;
  end: number;
  value?: unknown;
  /** The string has no closing quote. */
  unclosed?: true;
}

const SPACE = /[ \t\r\n]*/y;
// Controls are what the pattern is about: they may not stand in a string.
// biome-ignore lint/suspicious/noControlCharactersInRegex: see above
const PLAIN_STRING = /"[^"\\\u0000-\u001f]*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])/y;
const KEY_WORD = /[^\s:,{}[\]"]+/y;
const VALUE_WORD = /[^\s,{}[\]"]+/y;
const ODD_SPACE = /(?:[\u00a0\u200b\u2028\u2029\u3000\ufeff\u2000-\u200a]|\v|\f)+/y;
const LITERAL = /(?:true|false|null)(?![^\s,:{}[\]"/])/y;
const LITERALS = new Map<string, unknown>([
  ['true', true],
  ['false', false],
  ['null', null],
]);

/** Double quotes of word processors; the single ones in the second list. */
const SMART = '“”„‟«»″〝〞＂';
const SMART_SINGLE = '‘’‚‛′';
const ESCAPES: Record<string, string> = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** What follows a string that is closed. */
const AFTER_STRING = /[ \t]*(?:[,:}\]\r\n]|$)/y;

export class JsonScanner {
  #at = 0;
  readonly #comments: boolean;

  constructor(
    readonly text: string,
    readonly faults: Faults,
    format: 'json' | 'jsonc',
  ) {
    this.#comments = format === 'jsonc';
  }

  /** Whether the pattern (sticky) matches at an offset. */
  sees(pattern: RegExp, at: number): boolean {
    pattern.lastIndex = at;
    return pattern.test(this.text);
  }

  /** The text that the pattern (sticky) matches at an offset. */
  #match(pattern: RegExp, at: number): string {
    pattern.lastIndex = at;
    return pattern.exec(this.text)?.[0] ?? '';
  }

  moveTo(offset: number): void {
    this.#at = offset;
  }

  next(place: 'key' | 'value'): Token {
    this.#skip();
    const { text } = this;
    const start = this.#at;
    if (start >= text.length) return { type: 'end', start, end: start };
    const token = this.#read(start, text[start] ?? '', place);
    this.#at = token.end;
    return token;
  }

  #read(start: number, char: string, place: 'key' | 'value'): Token {
    if ('{}[]:,'.includes(char)) return { type: char as ',', start, end: start + 1 };
    if (char === '"') {
      const plain = this.#match(PLAIN_STRING, start);
      // A key that holds a colon, or a value that ends with a comma, and a word right behind: a quote is missing before that.
      if (plain && !this.#swallowed(plain, start + plain.length, place)) {
        return { type: 'string', start, end: start + plain.length, value: plain.slice(1, -1) };
      }
      return this.#string(start, plain ? plain.slice(1, -1) : null);
    }
    if (char === "'" || SMART.includes(char) || SMART_SINGLE.includes(char)) return this.#string(start, null);
    const number = this.#match(NUMBER, start);
    if (number) return { type: 'number', start, end: start + number.length, value: Number(number) };
    const literal = this.#match(LITERAL, start);
    if (literal) return { type: 'literal', start, end: start + literal.length, value: LITERALS.get(literal) };
    const word = this.#match(place === 'key' ? KEY_WORD : VALUE_WORD, start) || char;
    return { type: 'word', start, end: start + word.length, value: word };
  }

  #swallowed(plain: string, end: number, place: 'key' | 'value'): boolean {
    if (!/[,:][ \t]*"$/.test(plain) || !/^[\w$@./-]/.test(this.text[end] ?? '')) return false;
    return place === 'key' ? /^"[\w$@./-]+:[ \t]*"$/.test(plain) : /,[ \t]*"$/.test(plain);
  }

  /** White space and comments. */
  #skip(): void {
    const { text } = this;
    for (;;) {
      const start = this.#at + this.#match(SPACE, this.#at).length;
      this.#at = start;
      const two = text.slice(start, start + 2);
      let end: number;
      if (two === '//' || text[start] === '#') end = lineEnd(text, start);
      else if (two === '/*') {
        const close = text.indexOf('*/', start + 2);
        end = close < 0 ? text.length : close + 2;
        if (close < 0) this.faults.add('syntax-unclosed', { start, end: start + 2 }, { char: '/*', expected: '*/' });
      } else {
        const odd = this.#match(ODD_SPACE, start);
        if (!odd) return;
        end = start + odd.length;
        const facts = {
          problem: 'odd-space',
          char: `U+${(odd.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
        };
        this.faults.add('syntax-other', { start, end }, facts, [{ range: { start, end }, text: ' ' }]);
        this.#at = end;
        continue;
      }
      if (two !== '/*' || text.slice(end - 2, end) === '*/') this.#comment(start, end);
      this.#at = end;
    }
  }

  #comment(start: number, end: number): void {
    const hash = this.text[start] === '#';
    if (this.#comments && !hash) return;
    const facts = { char: hash ? '#' : this.text.slice(start, start + 2) };
    const edit = this.#comments
      ? { range: { start, end: start + 1 }, text: '//' }
      : { range: wholeLines(this.text, start, end), text: '' };
    this.faults.add('syntax-comment', { start, end }, facts, [edit]);
  }

  /** A string with something in it, or about it. `until`: what stands before the quote that is not taken for its own. */
  #string(start: number, until: string | null): Token {
    const { text } = this;
    const quote = text[start] ?? '"';
    const single = quote === "'" || SMART_SINGLE.includes(quote);
    const smart = quote !== '"' && quote !== "'";
    const closers = quote === '"' ? '"' : single ? `'${SMART_SINGLE}` : `"${SMART}`;
    const escapes: { at: number; char: string; bad: boolean }[] = [];
    const controls: number[] = [];
    const quotes: number[] = [];
    let value = '';
    let at = start + 1;
    let closed = false;
    let goesOn = 0;
    const stop = until === null ? text.length : start + 1 + until.length;
    while (at < stop) {
      const char = text[at] ?? '';
      if (closers.includes(char)) {
        closed = true;
        break;
      }
      if (char === '\n' || char === '\r') {
        // Asked once for all lines up to there.
        if (at >= goesOn) goesOn = quote === '"' ? this.#continues(at) : 0;
        if (!goesOn) break;
        controls.push(at);
        value += char;
        at++;
        continue;
      }
      if (quote === '"' && SMART.includes(char) && this.sees(AFTER_STRING, at + 1) && !this.#closesLater(at + 1)) {
        closed = true;
        break;
      }
      if (char !== '\\') {
        if (char < ' ') controls.push(at);
        else if (char === '"') quotes.push(at);
        value += char;
        at++;
        continue;
      }
      const next = text[at + 1] ?? '';
      if (next === '\n' || next === '\r' || next === '') {
        escapes.push({ at, char: '', bad: true });
        value += '\\';
        at++;
      } else if (next === 'u' && /^[\da-fA-F]{4}$/.test(text.slice(at + 2, at + 6))) {
        value += String.fromCharCode(Number.parseInt(text.slice(at + 2, at + 6), 16));
        at += 6;
      } else if (next === '"' && quote === '"' && this.#lastBackslash(start, at)) {
        escapes.push({ at, char: '"', bad: true });
        value += '\\';
        at++;
      } else if (next in ESCAPES) {
        escapes.push({ at, char: next, bad: false });
        value += ESCAPES[next];
        at += 2;
      } else if (single && closers.includes(next)) {
        // JavaScript writes \' here; the cure of the quotes takes the backslash away.
        value += next;
        at += 2;
      } else {
        escapes.push({ at, char: next, bad: true });
        value += `\\${next}`;
        at += 2;
      }
    }
    const body: Range = { start: start + 1, end: at };
    if (!closed) {
      body.end = until === null ? trimmedEnd(text, start, at) : start + 1 + until.replace(/[,:][ \t]*$/, '').length;
      value = value.slice(0, Math.max(value.length - (at - body.end), 0));
    }
    const end = closed ? at + 1 : body.end;
    const written = (i: number): string => JSON.stringify(text[i]).slice(1, -1);
    const escaped = controls.map((i) => ({ range: { start: i, end: i + 1 }, text: written(i) }));
    const fixes = escapeFault(text, body, escapes, closed, this.faults, escaped);
    if (smart || quote === "'" || (closed && text[at] !== '"')) {
      const rule = quote === "'" ? 'syntax-single-quotes' : 'syntax-smart-quotes';
      const char = quote === '"' ? (text[at] ?? '') : quote;
      const edits = [start, ...(closed ? [at] : [])].flatMap((i) =>
        text[i] === '"' ? [] : [{ range: { start: i, end: i + 1 }, text: '"' }],
      );
      edits.push(...quotes.map((i) => ({ range: { start: i, end: i }, text: '\\' })));
      if (single) edits.push(...apostrophes(text, body));
      this.faults.gather(rule, { start, end: start + 1 }, { char }, edits);
    }
    for (const i of controls) {
      if (fixes) break;
      const code = text.charCodeAt(i);
      const facts = {
        problem: 'control-character',
        char: `U+${code.toString(16).toUpperCase().padStart(4, '0')}`,
        expected: written(i),
      };
      this.faults.gather('syntax-other', { start: i, end: i + 1 }, facts, [
        { range: { start: i, end: i + 1 }, text: written(i) },
      ]);
    }
    return { type: 'string', start, end, value, ...(closed ? {} : { unclosed: true }) };
  }

  /** Where a string with a line break in it goes on to: the offset of its closing quote, 0 when it was meant to end on this line. */
  #continues(at: number): number {
    const close = this.text.indexOf('"', at);
    if (close < 0 || close - at > 20_000 || /[[\]{}]/.test(this.text.slice(at, Math.min(close, at + 20_000)))) return 0;
    if (/[,:{[]\s*$/.test(this.text.slice(Math.max(at - 40, 0), close))) return 0;
    return this.sees(/\s*(?:[,}\]]|$)/y, close + 1) ? close : 0;
  }

  #closesLater(at: number): boolean {
    // The look ahead is short, so that a line of a million such quotes takes no longer than it should.
    const ahead = /^[^",:\r\n]*"/.exec(this.text.slice(at, at + 500));
    return ahead !== null && this.sees(AFTER_STRING, at + ahead[0].length);
  }

  /** `"C:\dir\"`: the backslash before the last quote was meant as one. */
  #lastBackslash(start: number, at: number): boolean {
    if (at - start > 1000) return false;
    const before = this.text.slice(start + 1, at);
    return /(?:^|[^A-Za-z])[A-Za-z]:\\[^\\]/.test(`${before}x`) && this.sees(/"[ \t]*(?:[,}\]\r\n]|$)/y, at + 1);
  }
}

export function lineEnd(text: string, at: number): number {
  const pattern = /[\r\n]/g;
  pattern.lastIndex = at;
  return pattern.exec(text)?.index ?? text.length;
}

/** Where a string without a closing quote was meant to end: before the punctuation at the end of its line. */
function trimmedEnd(text: string, start: number, at: number): number {
  const tail = /[\s,}\]]*$/.exec(text.slice(Math.max(at - 200, start + 1), at))?.[0] ?? '';
  return at - tail.length;
}

/** A comment with the lines that hold nothing else. */
function wholeLines(text: string, start: number, end: number): Range {
  let first = start;
  while (first > 0 && (text[first - 1] === ' ' || text[first - 1] === '\t')) first--;
  const alone = first === 0 || text[first - 1] === '\n' || text[first - 1] === '\r';
  const rest = /[ \t]*(\r\n|\n|\r|$)/y;
  rest.lastIndex = end;
  const after = rest.exec(text);
  if (!after) return { start, end };
  return alone ? { start: first, end: end + after[0].length } : { start: first, end };
}

function apostrophes(text: string, body: Range): { range: Range; text: string }[] {
  const edits = [];
  for (let i = body.start; i < body.end; i++) {
    if (text[i] !== '\\') continue;
    if (text[i + 1] === "'" || SMART_SINGLE.includes(text[i + 1] ?? '\0'))
      edits.push({ range: { start: i, end: i + 1 }, text: '' });
    i++;
  }
  return edits;
}
