/** A configuration as it may be shown: secrets are stars, and every character keeps its place. */
import { isPlaceholder, isSecretName, isSecretParameter, redactor, secretArgs } from '../case/redact.js';
import type { ConfigText, Node } from './config.js';
import { isLeft } from './placeholders.js';
import { referencesIn } from './references.js';

const redact = redactor();

/** Keys whose values are variables or headers: each may be a secret, whatever its name. */
const CARRIER =
  /^(?:envs?|environment|env[-_]?vars?|environment[-_]?variables?|(?:http|static|request|custom|extra)?[-_]?headers|secrets?|credentials?)$/i;

const star = (text: string): string => text.replace(/[^\r\n]/g, '*');

/** Stars from the first to the last character that a redactor would change. */
function changed(text: string): string {
  const clean = redact(text);
  if (clean === text) return text;
  let start = 0;
  while (start < text.length && text[start] === clean[start]) start++;
  let end = 0;
  while (end < text.length - start && end < clean.length - start && text.at(-1 - end) === clean.at(-1 - end)) end++;
  return text.slice(0, start) + star(text.slice(start, text.length - end)) + text.slice(text.length - end);
}

/** A value without its secret: variables, placeholders and the word in front of a token stay. */
function hidden(raw: string): string {
  const value = raw.trim();
  if (value === '' || isPlaceholder(value) || isLeft(value)) return raw;
  const kept = referencesIn(raw)
    .filter(({ form }) => !/^[$%]NAME/.test(form))
    .map(({ text }) => text);
  const scheme = /^\s*(?:Bearer|Basic|Token|ApiKey)\s+/i.exec(raw)?.[0] ?? '';
  let out = scheme;
  let rest = raw.slice(scheme.length);
  while (rest !== '') {
    const next = kept
      .map((text) => ({ text, at: rest.indexOf(text) }))
      .filter(({ at }) => at >= 0)
      .sort((a, b) => a.at - b.at)[0];
    out += star(next ? rest.slice(0, next.at) : rest) + (next?.text ?? '');
    rest = next ? rest.slice(next.at + next.text.length) : '';
  }
  return out;
}

/** Marks at both ends of a text: quotation marks, and those of TOML and YAML. */
function inner(raw: string): [string, string, string] {
  const [, open = '', body = '', close = ''] =
    /^("""|'''|["'“‘]|[|>][-+\d]*[ \t]*(?:#.*)?\r?\n)?([\s\S]*?)("""|'''|["'”’])?$/.exec(raw) ?? [];
  return [open, body, close];
}

/** The text of a file in pieces that can be exchanged for others of the same length. */
class Sheet {
  private readonly letters: string[];
  constructor(private readonly text: string) {
    this.letters = text.split('');
  }
  put({ start, end }: Node['range'], by: (raw: string) => string): void {
    const [open, body, close] = inner(this.text.slice(start, end));
    const put = by(body);
    // Nothing moves: what does not fit is stars.
    const fits = put.length === body.length ? put : star(body);
    const whole = open + fits + close;
    for (let i = 0; i < whole.length; i++) this.letters[start + i] = whole[i] ?? '*';
  }
  toString(): string {
    return this.letters.join('');
  }
}

function walk(sheet: Sheet, node: Node, key: string, carried: boolean): void {
  if (node.kind === 'text') {
    if (carried || isSecretName(key)) sheet.put(node.range, hidden);
    else sheet.put(node.range, changed);
  } else if (node.kind === 'number' && isSecretName(key)) sheet.put(node.range, star);
  for (const member of node.members ?? []) walk(sheet, member.node, member.key, carried || CARRIER.test(member.key));
  const texts = (node.items ?? []).map(({ value }) => (typeof value === 'string' ? value : ''));
  const secret = new Set(secretArgs(texts));
  for (const [i, item] of (node.items ?? []).entries()) {
    const text = texts[i] ?? '';
    const pair = /^(?:-e|--env|-H|--header)$/.test(texts[i - 1] ?? '') || /^(?:--?[\w-]+|[A-Za-z_]\w*)=/.test(text);
    if (item.kind === 'text' && secret.has(text)) sheet.put(item.range, hidden);
    else if (item.kind === 'text' && pair) sheet.put(item.range, assigned);
    // Names of variables that are handed on are no values.
    else walk(sheet, item, key, carried && item.kind !== 'text');
    if (item.kind === 'text' && carried && text.includes('=')) sheet.put(item.range, assigned);
  }
}

/** NAME=value, --name=value and "Name: value". */
function assigned(raw: string): string {
  const parts = /^(?<before>(?<name>--?[\w-]+|[A-Za-z_]\w*)(?:=|:\s*))(?<value>[\s\S]*)$/.exec(raw)?.groups;
  if (!parts) return changed(raw);
  const { before = '', name = '', value = '' } = parts;
  const variable = /^[A-Z_][A-Z0-9_]*$/.test(name);
  return variable || isSecretName(name) ? before + hidden(value) : changed(raw);
}

/** `key: value` on a line that no reader could place. Variables are written in capitals. */
const LINE =
  /(?<before>(?<quote>\\?["'“”‘’]?)(?<key>[A-Za-z][\w-]{0,80})\k<quote>["”’]?\s{0,4}[:=]\s{0,4})(?<value>["'“‘](?:\\.|[^"'”’\\\r\n])*["'”’]?|[^\s"'“‘{}[\],#][^\r\n,#}]*)/g;
/** An option and its value, item by item. */
const OPTION = /(?<before>["'](?<name>--?[\w-]{1,60})["']\s{0,4},\s{0,40})(?<value>["'](?:\\.|[^"'\\\r\n])*["']?)/g;
const PARAMETER = /(?<before>[?&](?<name>[\w-]{1,40})=)(?<value>[^\s&"'<>#]+)/g;

function byPattern(text: string): string {
  const cover = (value: string): string => {
    const [open, body, close] = inner(value);
    return open + hidden(body) + close;
  };
  const named = (whole: string, ...args: unknown[]): string => {
    const { before = '', key = '', name = key, value = '' } = args.at(-1) as Record<string, string>;
    const secret = isSecretName(name) || (key !== '' && /^[A-Z][A-Z0-9]*_[A-Z0-9_]+$/.test(key));
    return secret ? before + cover(value) : whole;
  };
  const parameter = (whole: string, ...args: unknown[]): string => {
    const { before = '', name = '', value = '' } = args.at(-1) as Record<string, string>;
    return isSecretParameter(name) ? before + hidden(value) : whole;
  };
  return text.replace(LINE, named).replace(OPTION, named).replace(PARAMETER, parameter);
}

/** A private key goes over several lines. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/**
 * The same text with the secrets as `*`: values of variables and headers, of secret options, credentials in addresses, and whatever has
 * the shape of a token. Same length, same lines. Placeholders and variables stay. Where nothing could be read, a telling key is enough.
 */
export function mask(text: string, config: ConfigText): string {
  const sheet = new Sheet(text);
  // The tree is that of the file; another text is read by its patterns alone.
  if (config.root && text === config.text) walk(sheet, config.root, '', false);
  const covered = byPattern(sheet.toString().replace(PRIVATE_KEY, star));
  return covered.replace(/[^\r\n]+/g, (line) => changed(line));
}
