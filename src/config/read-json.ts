/**
 * JSON and JSONC, also broken ones: a tree of what could be read, and the first fault that explains the rest. It keeps its own stack,
 * so that a hundred thousand brackets are no more to it than a long file.
 */
import type { Facts, Node, Range, SyntaxFault, TextEdit } from './config.js';
import { indentation, isValue, kindOf, newline, short, shown } from './json-layout.js';
import { JsonScanner, type Token } from './json-scan.js';
import { CLOSER, type Frame, JsonTree } from './json-tree.js';
import { MAX_DEPTH } from './tree.js';

export interface ReadJson {
  root: Node | null;
  faults: SyntaxFault[];
}

export function readJson(text: string, format: 'json' | 'jsonc'): ReadJson {
  const reader = new JsonReader(text, format);
  reader.read();
  const { alternatives, structural } = reader;
  if (structural) {
    // A cure that is a guess is told only where everything is well after it.
    const others = reader.faults.list.filter((fault) => fault !== structural);
    structural.edits =
      alternatives.find((edits) => {
        const all = [...others.flatMap((fault) => fault.edits), ...edits];
        return others.every((fault) => fault.edits.length > 0 || !stops(fault)) && isSound(text, all, format);
      }) ?? [];
  }
  return { root: reader.root, faults: reader.faults.sorted() };
}

const stops = (fault: SyntaxFault): boolean => fault.rule !== 'syntax-duplicate-key' && fault.level === undefined;

function isSound(text: string, edits: TextEdit[], format: 'json' | 'jsonc'): boolean {
  const parts: string[] = [];
  let at = 0;
  for (const edit of edits.sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end)) {
    if (edit.range.start < at) return false;
    parts.push(text.slice(at, edit.range.start), edit.text);
    at = edit.range.end;
  }
  const check = new JsonReader(parts.join('') + text.slice(at), format);
  check.read();
  return check.root !== null && !check.faults.list.some(stops);
}

const OPENER = { object: '{', list: '[' } as const;

class JsonReader extends JsonTree {
  readonly format: 'json' | 'jsonc';
  readonly #scan: JsonScanner;
  /** Where the text ends, but for white space. */
  readonly #textEnd: number;

  constructor(text: string, format: 'json' | 'jsonc') {
    super(text);
    this.format = format;
    this.#scan = new JsonScanner(text, this.faults, format);
    this.#textEnd = text.trimEnd().length;
  }

  read(): void {
    for (;;) {
      const top = this.stack.at(-1);
      const key = top?.kind === 'object' && (top.state === 'first' || top.state === 'next' || top.state === 'after');
      const token = this.#scan.next(key ? 'key' : 'value');
      if (token.unclosed) this.#unclosedString(token);
      if (top) {
        if (token.type === 'end') {
          this.#end(token.start);
          return;
        }
        if (top.kind === 'object') this.#inObject(top, token);
        else this.#inList(top, token);
      } else if (this.#outside(token)) return;
    }
  }

  /** Before the first value, and behind the last; true at the end. */
  #outside(token: Token): boolean {
    if (token.type === 'end') {
      if (!this.done) {
        const edits = [{ range: { start: 0, end: this.text.length }, text: '{}\n' }];
        // Blanks that JSON does not know are cured by an edit of their own.
        const blank = /^[ \t\r\n]*$/.test(this.text);
        const fault = this.faults.add('syntax-empty', { start: 0, end: 0 }, {}, blank ? edits : []);
        if (fault && this.format === 'jsonc') fault.level = 'risky';
      }
      return true;
    }
    if (this.done) {
      const end = this.#textEnd;
      const closersOnly = /^[\s}\]]*$/.test(this.text.slice(token.start, Math.min(end, token.start + 10_000)));
      const range = { start: token.start, end };
      const facts = {
        where: 'behind',
        problem: token.type === '{' || token.type === '[' ? 'second-document' : 'text',
        char: shown(token),
      };
      this.guess('syntax-extra-text', range, facts, closersOnly ? [[{ range, text: '' }]] : []);
      return true;
    }
    if (token.type === 'string' && this.#scan.sees(/\s*:/y, token.end)) {
      this.#bareMembers(token);
    } else if (isValue(token)) {
      this.#begin(token);
    } else {
      const open = this.text.slice(token.start).search(/[{[]/);
      const range = { start: token.start, end: open < 0 ? this.#textEnd : token.start + open };
      const fence = /^(`{3,})[\w-]*[ \t]*(?:\r\n|\n|\r)\s*$/.exec(this.text.slice(token.start, range.end));
      const close = fence ? new RegExp(`\\s*${fence[1]}\\s*$`).exec(this.text.slice(-200)) : null;
      const edits = [{ range: { start: 0, end: range.end }, text: '' }];
      if (close)
        edits.push({ range: { start: this.text.length - close[0].length, end: this.text.length }, text: '\n' });
      const facts: Facts = { where: 'before', problem: fence ? 'fence' : 'text', char: shown(token) };
      this.guess('syntax-extra-text', range, facts, fence ? [edits] : []);
      this.#scan.moveTo(range.end);
      if (open < 0) return true;
    }
    return false;
  }

  /** `"mcpServers": {...}` without the braces around it. */
  #bareMembers(token: Token): void {
    const end = this.#textEnd;
    const edits = [
      { range: { start: token.start, end: token.start }, text: '{' },
      { range: { start: end, end }, text: '}' },
    ];
    this.guess('syntax-other', { start: token.start, end: token.end }, { problem: 'no-braces', expected: '{' }, [
      edits,
    ]);
    const frame = this.frame('object', token.start);
    frame.bare = true;
    this.stack.push(frame);
    this.#inObject(frame, token);
  }

  #inObject(top: Frame, token: Token): void {
    const { type, start, end } = token;
    const range = { start, end };
    switch (top.state) {
      case 'first':
      case 'next':
        if (type === '}') this.#close(top, token);
        else if (type === 'string' || type === 'number' || type === 'literal' || type === 'word') this.#key(top, token);
        else if (type === ',') this.#extraComma(range);
        else if (type === ']') this.#wrongCloser(token);
        else {
          this.guess('syntax-other', range, { problem: 'no-key', char: type });
          if (type === ':') top.state = 'value';
          else this.#begin(token);
        }
        return;
      case 'colon':
        if (type === ':') top.state = 'value';
        else if (type === 'word' && /^(?:=>?|:=)$/.test(String(token.value))) {
          this.faults.add('syntax-other', range, { problem: 'no-colon', char: String(token.value), expected: ':' }, [
            { range, text: ':' },
          ]);
          top.state = 'value';
        } else if (isValue(token) || type === 'word') {
          const at = top.key?.range.end ?? start;
          this.guess('syntax-other', { start: at, end: at }, this.about(top, { problem: 'no-colon', expected: ':' }), [
            [{ range: { start: at, end: at }, text: ':' }],
          ]);
          top.state = 'value';
          this.#inObject(top, token);
        } else this.#noValue(top, token);
        return;
      case 'value':
        if (isValue(token)) this.#begin(token);
        else if (type === 'word') this.#bareWord(top, token);
        else if (type === ':')
          this.guess('syntax-other', range, this.about(top, { problem: 'unexpected', char: ':' }), [
            [{ range, text: '' }],
          ]);
        else this.#noValue(top, token);
        return;
      default:
        if (type === ',') this.#comma(top, range);
        else if (type === '}') this.#close(top, token);
        else if (type === ']') this.#wrongCloser(token);
        else if (type === 'word' && token.value === ';') {
          this.faults.add('syntax-other', range, { problem: 'no-comma', char: ';', expected: ',' }, [
            { range, text: ',' },
          ]);
          this.#comma(top, range);
        } else if ((type === 'string' || type === 'word') && this.#scan.sees(/\s*:/y, end)) {
          this.#missingComma(top);
          top.state = 'next';
          this.#inObject(top, token);
        } else if (top.bare && this.stack.length === 1 && (type === '{' || type === '[')) {
          this.guess('syntax-extra-text', range, { where: 'behind', problem: 'second-document', char: type });
          this.#begin(token);
        } else {
          this.guess('syntax-other', range, { problem: 'unexpected', char: shown(token), expected: ', or }' });
          if (type === '{' || type === '[') this.#begin(token);
        }
    }
  }

  #inList(top: Frame, token: Token): void {
    const { type, start, end } = token;
    const range = { start, end };
    if (type === ']') this.#close(top, token);
    else if (type === '}') this.#wrongCloser(token);
    else if (type === ':') this.guess('syntax-other', range, { problem: 'key-in-list', char: ':' });
    else if (type === ',') {
      if (top.state === 'after') this.#comma(top, range);
      else this.#extraComma(range);
    } else if (top.state !== 'after') {
      if (type === 'word') this.#bareWord(top, token);
      else this.#begin(token);
    } else if (isValue(token)) {
      this.#missingComma(top);
      this.#begin(token);
    } else {
      this.guess('syntax-other', range, { problem: 'unexpected', char: shown(token), expected: ', or ]' });
    }
  }

  #key(top: Frame, token: Token): void {
    const range = { start: token.start, end: token.end };
    const key = token.type === 'string' ? String(token.value) : this.text.slice(token.start, token.end);
    if (token.type !== 'string') {
      this.lexical('syntax-unquoted-key', range, { key: short(key) }, [{ range, text: JSON.stringify(key) }]);
    }
    top.key = { key, range };
    top.state = 'colon';
    if (!top.dropped && Object.hasOwn(top.value, key)) {
      this.faults.add('syntax-duplicate-key', range, { key: short(key), wins: 'last' });
    }
  }

  /** The beginning of a value: all of it, unless it is an object or a list. */
  #begin(token: Token): void {
    const { type, start, end } = token;
    if (type === '{' || type === '[') {
      this.stack.push(this.frame(type === '{' ? 'object' : 'list', start));
      return;
    }
    this.attach({ kind: kindOf(token), range: { start, end }, value: token.value });
  }

  #close(top: Frame, token: Token): void {
    if (top.state === 'next' && top.comma && this.format === 'json') {
      const facts = { char: ',', before: CLOSER[top.kind], ...(top.kind === 'object' ? { expected: 'a key' } : {}) };
      this.lexical('syntax-trailing-comma', top.comma, facts, [{ range: top.comma, text: '' }], true);
    }
    if (!this.crooked && this.stack.length > 1) this.lookAtIndentation(top, token.start);
    this.pop(token.end);
  }

  #end(at: number): void {
    const top = this.stack.at(-1);
    if (top?.bare && this.stack.length === 1 && top.state === 'after') {
      this.pop(top.last);
      return;
    }
    const open = this.stack.filter((frame) => !frame.bare);
    const culprit = this.crooked ?? open.at(-1);
    if (culprit && top) {
      const expected = CLOSER[culprit.kind];
      const facts: Facts = { char: OPENER[culprit.kind], expected, missing: String(open.length), where: 'end' };
      const line = indentation(this.text, culprit.start);
      const cures: TextEdit[][] = [];
      if (this.crooked && open.length === 1) {
        const place = { start: this.crooked.before, end: this.crooked.before };
        cures.push([
          { range: place, text: `${newline(this.text)}${this.text.slice(line.start, line.end)}${expected}` },
        ]);
      } else if (!this.crooked && top.state !== 'colon' && top.state !== 'value' && open.length <= MAX_DEPTH) {
        // The file was cut off, or its end was left out: all of it goes to the end.
        const comma = top.state === 'next' && top.comma ? [{ range: top.comma, text: '' }] : [];
        const closers = open.toReversed().map((frame) => this.closerLine(frame));
        cures.push([...comma, { range: { start: at, end: at }, text: closers.join('') }]);
        const end = this.#textEnd;
        const last = cures[0]?.at(-1);
        if (last && !/\/\/[^\r\n]*$/.test(this.text.slice(0, end).slice(-1000))) last.range = { start: end, end };
      }
      this.guess('syntax-unclosed', { start: culprit.start, end: culprit.start + 1 }, facts, cures);
    }
    while (this.stack.length > 0) {
      const frame = this.stack.at(-1);
      if (frame?.key && (frame.state === 'colon' || frame.state === 'value')) this.attachNothing(frame);
      this.pop(this.stack.length === 1 && frame?.bare ? frame.last : Math.max(this.#textEnd, frame?.last ?? 0));
    }
  }

  /** A closing bracket of the other kind. */
  #wrongCloser(token: Token): void {
    const kind = token.type === '}' ? 'object' : 'list';
    const top = this.stack.at(-1);
    if (!top) return;
    const range = { start: token.start, end: token.end };
    const replaced: TextEdit[] = [{ range, text: CLOSER[top.kind] }];
    if (top.comma && top.state === 'next' && this.format === 'json') replaced.unshift({ range: top.comma, text: '' });
    const outer = this.open[kind] === 0 ? -1 : this.stack.findLastIndex((frame) => frame.kind === kind && !frame.bare);
    if (outer < 0) {
      const facts = { problem: 'closer', char: token.type, expected: CLOSER[top.kind] };
      this.guess('syntax-other', range, facts, [replaced, [{ range, text: '' }]]);
      return;
    }
    const at = { start: top.last, end: top.last };
    const inserted = this.stack
      .slice(outer + 1)
      .toReversed()
      .map((frame) => CLOSER[frame.kind]);
    const facts = {
      char: OPENER[top.kind],
      expected: CLOSER[top.kind],
      found: token.type,
      missing: String(inserted.length),
      where: 'inside',
    };
    const insertion: TextEdit[] = [{ range: at, text: inserted.slice(0, MAX_DEPTH).join('') }];
    if (top.comma && top.state === 'next' && this.format === 'json') insertion.push({ range: top.comma, text: '' });
    this.guess('syntax-unclosed', { start: top.start, end: top.start + 1 }, facts, [
      insertion,
      replaced,
      [{ range, text: '' }],
    ]);
    while (this.stack.length > outer) {
      const frame = this.stack.at(-1);
      if (frame?.key && (frame.state === 'colon' || frame.state === 'value')) this.attachNothing(frame);
      this.pop(this.stack.length === outer + 1 ? token.end : Math.max(frame?.last ?? 0, 0));
    }
  }

  #noValue(top: Frame, token: Token): void {
    const at = top.key?.range.end ?? token.start;
    this.guess('syntax-other', { start: at, end: Math.max(at, token.start) }, this.about(top, { problem: 'no-value' }));
    this.attachNothing(top);
    this.#inObject(top, token);
  }

  #comma(top: Frame, range: Range): void {
    top.state = 'next';
    top.comma = range;
  }

  #extraComma(range: Range): void {
    this.lexical('syntax-other', range, { problem: 'extra-comma', char: ',' }, [{ range, text: '' }]);
  }

  #missingComma(top: Frame): void {
    const range = { start: top.last, end: top.last };
    this.lexical('syntax-missing-comma', range, { expected: ',' }, [{ range, text: ',' }]);
  }

  /** A value without quotes. */
  #bareWord(top: Frame, token: Token): void {
    const word = String(token.value);
    const python = { True: true, False: false, None: null }[word];
    const range = { start: token.start, end: token.end };
    if (python !== undefined) {
      const facts = this.about(top, { problem: 'python-word', char: word, expected: String(python) });
      this.lexical('syntax-other', range, facts, [{ range, text: String(python) }]);
      this.attach({ kind: python === null ? 'null' : 'boolean', range, value: python });
      return;
    }
    const rest = /[^,}\]\r\n"]*/y;
    rest.lastIndex = token.start;
    const value = (rest.exec(this.text)?.[0] ?? word).trimEnd() || word;
    range.end = token.start + value.length;
    this.#scan.moveTo(range.end);
    const number = /^[-+]?\.?\d/.test(value);
    const facts = this.about(top, { problem: number ? 'number' : 'unquoted-value' });
    const said = /^(?:undefined|NaN|-?Infinity)$/.test(value) ? [] : [[{ range, text: JSON.stringify(value) }]];
    this.guess('syntax-other', range, facts, number ? [] : said);
    this.attach({ kind: 'text', range, value });
  }

  #unclosedString(token: Token): void {
    const range = { start: token.start, end: token.start + 1 };
    const top = this.stack.at(-1);
    const at = { start: token.end, end: token.end };
    this.guess('syntax-unclosed', range, this.about(top, { char: '"', expected: '"', where: 'string' }), [
      [{ range: at, text: '"' }],
    ]);
  }
}
