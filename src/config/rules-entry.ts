/** What an entry has: a command or an address, the right key for it, the right word for its type. */
import type { EntryForm } from '../clients/client.js';
import type { Facts, Hit, RuleContext, ServerEntry } from './config.js';
import { ADDRESS_KEYS, isRemark, memberOf, PROGRAM_KEYS } from './roots.js';
import {
  defineRule,
  eachEntry,
  filled,
  hitIn,
  knownKeys,
  listed,
  type Rules,
  removeKey,
  renameKey,
  setValue,
  shown,
} from './rule.js';

const TRANSPORTS = 'https://modelcontextprotocol.io/specification/2025-11-25/basic/transports';
const CONFIG = 'https://modelcontextprotocol.io/docs/develop/connect-local-servers';
/** Keys that people give an address, whoever reads them. */
const ADDRESS = /^(?:(?:mcp|server|http|sse|base|endpoint)?[-_]?(?:url|uri)|endpoint|ulr|address)$/i;
const ADDRESS_TEXT = /^\s*(?:[a-z][a-z0-9+.-]*:\/\/|localhost\b|\$|\{|<)/i;

const addressMembers = (entry: ServerEntry) =>
  (entry.node.members ?? []).filter(
    ({ key, node }) =>
      node.kind === 'text' &&
      node.value !== '' &&
      (ADDRESS_KEYS.some((known) => known === key) || (ADDRESS.test(key) && ADDRESS_TEXT.test(node.value as string))),
  );

/** An address that may be repeated: nothing in it can be a credential. */
const plainAddress = (value: unknown): Facts =>
  typeof value === 'string' && /^https?:\/\/[a-z.-]{1,60}(?::\d+)?(?:\/[a-z][a-z._-]{0,14}){0,3}\/?$/.test(value)
    ? { address: value }
    : {};

/** Keys of an address that is for people. */
const FOR_PEOPLE =
  /^(?:home_?page|doc(?:s|umentation)?|repo(?:sitory)?|source|icon|logo|image|gallery|author|website)(?:_?ur[il])?$/i;

/** An address under a key that no client reads one from, where there is nothing else. */
const unreadAddress = (entry: ServerEntry, { client }: RuleContext) => {
  if (entry.command || entry.url || client.entry.url.length === 0) return undefined;
  const known = knownKeys(client);
  return (entry.node.members ?? []).find(
    ({ key, node }) =>
      node.kind === 'text' &&
      !known.has(key) &&
      !isRemark(key) &&
      !FOR_PEOPLE.test(key) &&
      /^https?:\/\/[^\s]+$/i.test(node.value as string),
  );
};

/** The key that holds the program: the client's own, or another client's. */
const programMember = (entry: ServerEntry, form: EntryForm) =>
  [form.command.key, ...PROGRAM_KEYS].map((key) => filled(entry, key)).find((member) => member !== undefined);

/** The key of the address that the client reads. */
const ownAddress = (entry: ServerEntry, form: EntryForm) =>
  form.url.map((key) => filled(entry, key)).find((member) => member !== undefined);

export const isSseAddress = (url: string): boolean => /\/sse\/?(?:[?#]|$)/i.test(url);

type Kind = 'stdio' | 'http' | 'sse';

/** What a word for the type means, whatever the client calls it. */
export function kindOfType(word: string): Kind | null {
  const plain = word.toLowerCase().replace(/[^a-z]/g, '');
  if (/^(?:streamable(?:https?)?|https?(?:stream(?:able|ing)?)?|remote|remotehttp|url)$/.test(plain)) return 'http';
  if (/^(?:sse|https?sse|eventstream|serversentevents?)$/.test(plain)) return 'sse';
  if (/^(?:stdio|stdin|std|local|command|process|stdinout|stdioserver)$/.test(plain)) return 'stdio';
  return null;
}

/** The client's word for it. */
const wordOf = (form: EntryForm, kind: Kind): string | null => form.type[kind];

/** Types for which an entry needs neither a command nor an address (extensions that come with the client). */
const isOtherType = (entry: ServerEntry, form: EntryForm): boolean => {
  const { type } = entry;
  return type !== undefined && kindOfType(type.value) === null && (form.type.words?.includes(type.value) ?? true);
};

function emptyEntry(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client } = context;
  const form = client.entry;
  const members = (entry.node.members ?? []).filter(({ key }) => !isRemark(key));
  if (entry.command || entry.url || isOtherType(entry, form)) return [];
  if (addressMembers(entry).length > 0 || unreadAddress(entry, context)) return [];
  if (members.some(({ key }) => isAlmost(key, form))) return [];
  // A switch alone is laid over an entry that stands elsewhere; settings belong to an extension.
  const telling = [
    form.args ?? 'args',
    form.env,
    form.headers ?? 'headers',
    'args',
    'env',
    'headers',
    form.command.key,
    ...form.url,
  ];
  const type = entry.type && kindOfType(entry.type.value) !== null;
  const alone = members.length > 0 && !type && !members.some(({ key }) => telling.includes(key));
  if (alone) {
    const known = knownKeys(client);
    const strange = form.others !== null && members.every(({ key }) => !known.has(key));
    // Where files are laid over one another, another one may hold the rest.
    const completed = context.namesakes(entry).length > 0;
    if (!strange && !(form.needsOne && !completed)) return [];
  }
  const blank = [form.command.key, ...form.url].find((key) => {
    const kind = memberOf(entry.node, key)?.node;
    return kind?.kind === 'null' || kind?.value === '' || kind?.items?.length === 0;
  });
  const range = blank ? memberOf(entry.node, blank)?.node.range : undefined;
  const keys = [form.command.key, ...form.url];
  return [
    hitIn(entry, range ?? entry.nameRange, {
      wants: listed(
        keys.map((key) => `"${key}"`),
        'or',
      ),
    }),
  ];
}

/** A key that is nearly one of those that start a server: another rule tells it. */
function isAlmost(key: string, form: EntryForm): boolean {
  const plain = key.toLowerCase();
  return (
    [form.command.key, ...PROGRAM_KEYS, ...form.url].some((known) => known.toLowerCase() === plain && known !== key) ||
    (/^(?:commands?|com+an?d|comm?nad|cmd|executable|exec|program|bin|package)$/.test(plain) &&
      key !== form.command.key)
  );
}

function both(entry: ServerEntry, { client, config }: RuleContext): Hit[] {
  const form = client.entry;
  const command = programMember(entry, form);
  const url = ownAddress(entry, form);
  if (!command || !url) return [];
  if (form.both === 'command') {
    const facts = { command: command.key, url: url.key, uses: 'command' };
    return [hitIn(entry, url.keyRange, facts, { edits: removeKey(config, [...entry.path, url.key]), level: 'risky' })];
  }
  const facts = { command: command.key, url: url.key, uses: form.both ?? 'unknown' };
  if (form.both === 'url') {
    const args = memberOf(entry.node, form.args ?? 'args');
    const edits = args ? [] : removeKey(config, [...entry.path, command.key]);
    return [hitIn(entry, command.keyRange, facts, { edits, level: 'risky' })];
  }
  return [hitIn(entry, url.keyRange, facts, form.both === 'error' ? {} : { level: 'risky' })];
}

function wrongAddressKey(entry: ServerEntry, context: RuleContext): Hit[] {
  const { client, config } = context;
  const form = client.entry;
  const best = form.url[0];
  if (best === undefined || ownAddress(entry, form) || entry.command) return [];
  const known = knownKeys(client);
  const found = addressMembers(entry).find(({ key }) => !known.has(key)) ?? unreadAddress(entry, context);
  if (!found) return [];
  const edits = memberOf(entry.node, best) ? [] : renameKey(config, [...entry.path, found.key], best);
  return [hitIn(entry, found.keyRange, { found: found.key, wants: best }, { edits })];
}

/** What is wrong with an address, and the address as it was meant, where that is sure. */
function faultOfAddress(url: string, words: readonly string[] | null): { why: string; meant?: string } | null {
  const text = url.trim();
  const bracketed = /^<(?<inner>https?:\/\/[^<>\s]+)>$/.exec(text)?.groups?.inner;
  if (bracketed) return { why: 'it stands in angle brackets', meant: bracketed };
  // A variable or a placeholder is no address yet.
  if (/^[$<{%]|[<{]|\$\w|YOUR[-_]/.test(text)) return null;
  if (text !== url) return { why: 'it has blanks at its ends', meant: text };
  const scheme = /^(?<name>[a-z][a-z0-9+.-]*):(?<slashes>\/*)/i.exec(text)?.groups;
  const local = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?(?:[/?#]|$)/i.test(text);
  if (local) return { why: 'it does not begin with http:// or https://', meant: `http://${text}` };
  if (
    /^[\w.-]+\.[a-z]{2,}(?::\d+)?(?:[/?#]|$)/i.test(text) ||
    /^[\w.-]+:\d+(?:\/|$)/.test(text) ||
    text.startsWith('/')
  )
    return { why: 'it does not begin with http:// or https://' };
  const name = scheme?.name?.toLowerCase();
  if (/^https?$/.test(name ?? '') && scheme?.slashes !== '//') {
    const rest = text.slice((scheme?.name?.length ?? 0) + 1).replace(/^\/*/, '');
    return { why: 'two slashes belong behind the colon', meant: `${name}://${rest}` };
  }
  if (/^wss?$/.test(name ?? '') && words && !words.some((word) => /^(?:ws|websocket)/i.test(word)))
    return { why: 'it is the address of a WebSocket, which is no transport of MCP that this client has' };
  // Sockets and pipes of the machine have a scheme of their own.
  if (name !== undefined && !/^(?:https?|wss?|unix|pipe|npipe)$/.test(name))
    return { why: `${shown(name)}: is no scheme of an address that a client asks` };
  if (/\s/.test(text)) return { why: 'there is a blank in it' };
  if (/["'“”‘’`]/.test(text)) return { why: 'there are quotation marks in it' };
  return URL.canParse(text) ? null : { why: 'it cannot be read as an address' };
}

function invalidAddress(entry: ServerEntry, { client, config }: RuleContext): Hit[] {
  const member = addressMembers(entry)[0];
  if (!member || programMember(entry, client.entry)) return [];
  const fault = faultOfAddress(member.node.value as string, client.entry.type.words);
  if (!fault) return [];
  const edits = fault.meant === undefined ? [] : setValue(config, [...entry.path, member.key], fault.meant);
  const meant: Facts = fault.meant === undefined ? {} : { meant: shown(fault.meant) };
  return [hitIn(entry, member.node.range, { why: fault.why, ...meant }, { edits })];
}

function missingType(entry: ServerEntry, { client, config }: RuleContext): Hit[] {
  const form = client.entry;
  const { needed, key } = form.type;
  if (memberOf(entry.node, key)) return [];
  const url = ownAddress(entry, form);
  const command = programMember(entry, form);
  if (command && !url) {
    if (needed !== 'always') return [];
    const edits = form.type.stdio ? setValue(config, [...entry.path, key], form.type.stdio) : [];
    return [hitIn(entry, command.keyRange, { key, word: form.type.stdio ?? '', taken: 'error' }, { edits })];
  }
  if (!url || command) return [];
  const sse = isSseAddress(url.node.value as string);
  const word = (sse ? form.type.sse : form.type.http) ?? '';
  const taken = form.urlWithoutType;
  const wrong = needed !== 'no' || taken === 'stdio' || taken === 'error';
  if (!wrong && !(taken === 'sse' && !sse)) return [];
  // With the transport that fits, the word is a matter of taste.
  if ((taken === 'sse' && sse) || (taken === 'http' && !sse) || taken === 'http-then-sse') return [];
  const edits = word ? setValue(config, [...entry.path, key], word) : [];
  return [
    hitIn(
      entry,
      url.keyRange,
      { key, word, taken: taken ?? 'unknown' },
      { edits, ...(wrong ? {} : { level: 'risky' as const }) },
    ),
  ];
}

function wrongType(entry: ServerEntry, { client, config }: RuleContext): Hit[] {
  const form = client.entry;
  const { type } = entry;
  if (!type || form.type.words === null) return [];
  // Another rule tells of an address that is not taken at all.
  if (form.url.length === 0 && addressMembers(entry).length > 0) return [];
  const said = kindOfType(type.value);
  const url = ownAddress(entry, form);
  const command = programMember(entry, form);
  const facts = {
    key: form.type.key,
    found: shown(type.value),
    words: listed(
      form.type.words.map((word) => `"${word}"`),
      'or',
    ),
  };
  const set = (kind: Kind | null) => {
    const word = kind && wordOf(form, kind);
    return { word: word ?? '', edits: word ? setValue(config, [...entry.path, form.type.key], word) : [] };
  };
  if (!form.type.words.includes(type.value)) {
    // What the entry holds says more than a word that nobody knows.
    const meant: Kind | null = said ?? (command && !url ? 'stdio' : null);
    const { word, edits } = set(meant);
    return [hitIn(entry, type.range, { ...facts, word, why: 'unknown' }, { edits })];
  }
  const other = form.type.words.includes(type.value) && said !== null && type.value === wordOf(form, said);
  if (other && said === 'stdio' && url && !command) {
    const { word, edits } = set(isSseAddress(url.node.value as string) ? 'sse' : 'http');
    return [hitIn(entry, type.range, { ...facts, word, why: 'address' }, { edits })];
  }
  if (other && said !== 'stdio' && command && !url && addressMembers(entry).length === 0) {
    const { word, edits } = set('stdio');
    return [hitIn(entry, type.range, { ...facts, word, why: 'command' }, { edits })];
  }
  return [];
}

export const ENTRY_RULES: Rules<
  | 'entry-empty'
  | 'entry-url-and-command'
  | 'url-not-taken'
  | 'url-key-wrong'
  | 'url-invalid'
  | 'type-missing'
  | 'type-misspelt'
> = {
  'entry-empty': defineRule({
    id: 'entry-empty',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The entry has neither a command nor an address',
    find: eachEntry(emptyEntry),
    says: ({ server = '', wants = '' }, client) =>
      `${client.name} needs ${wants} in an entry, and "${server}" has none of them.`,
    fix: ({ wants = '' }) => `Write ${wants} into the entry, or take the entry out.`,
    refs: [CONFIG],
  }),

  'entry-url-and-command': defineRule({
    id: 'entry-url-and-command',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'A command and an address stand in one entry',
    find: eachEntry(both),
    says({ command = '', url = '', uses }, client) {
      if (uses === 'error') return `${client.name} refuses an entry that has both "${command}" and "${url}".`;
      if (uses === 'unknown')
        return `The entry has both "${command}" and "${url}". Which of them ${client.name} uses is not known.`;
      const used = uses === 'command' ? command : url;
      return `${client.name} uses "${used}" and leaves "${used === command ? url : command}" aside.`;
    },
    fix: ({ command = '', url = '', uses }) =>
      uses === 'command'
        ? `Take "${url}" out, or make it an entry of its own.`
        : uses === 'url'
          ? `Take "${command}" out, with its arguments.`
          : `Keep one of them: "${command}" for a server that the client starts, "${url}" for one that runs already.`,
    refs: [CONFIG],
  }),

  'url-not-taken': defineRule({
    id: 'url-not-taken',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The client takes commands only in this file, and the entry has an address',
    find: eachEntry((entry, context) => {
      const found = addressMembers(entry)[0];
      if (context.client.entry.url.length > 0 || !found || programMember(entry, context.client.entry)) return [];
      // A connector or mcp-remote: nobody knows which.
      return [hitIn(entry, found.keyRange, { found: found.key, ...plainAddress(found.node.value) })];
    }),
    says: ({ found = '' }, client) =>
      `${client.name} starts commands from this file and reads no addresses from it, so "${found}" is not understood.`,
    fix: ({ address = '<address>' }, client) =>
      `Start mcp-remote, which passes the address on: "command": "npx", "args": ["-y", "mcp-remote", "${address}"]. Or add the address in the settings of ${client.name}, where it has connectors.`,
    refs: [CONFIG, 'https://github.com/geelen/mcp-remote'],
  }),

  'url-key-wrong': defineRule({
    id: 'url-key-wrong',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The address stands under a key that the client does not read',
    find: eachEntry(wrongAddressKey),
    says: ({ found = '', wants = '' }, client) =>
      `${client.name} reads the address from "${wants}", not from "${found}".`,
    fix: ({ found = '', wants = '' }) => `Write "${wants}" in place of "${found}".`,
    refs: [CONFIG],
  }),

  'url-invalid': defineRule({
    id: 'url-invalid',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The address is not a valid one',
    find: eachEntry(invalidAddress),
    says: ({ server = '', why = '' }) => `The address of "${server}" is not valid: ${why}.`,
    fix: ({ meant }) =>
      meant === undefined ? 'Write the whole address, with https:// or http:// in front.' : `Write ${meant}`,
    refs: ['https://url.spec.whatwg.org/#url-parsing'],
  }),

  'type-missing': defineRule({
    id: 'type-missing',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The entry does not say what kind of server it is',
    find: eachEntry(missingType),
    says({ key = '', taken }, client) {
      const outcome: Record<string, string> = {
        stdio: 'it takes the entry for a command and finds none',
        sse: 'it takes the address for one of the old SSE transport',
        error: 'it refuses the entry',
      };
      return `${client.name} wants "${key}" in such an entry. Without that, ${outcome[taken ?? ''] ?? 'it does not know the transport'}.`;
    },
    fix: ({ key = '', word }) => (word ? `Add "${key}": "${word}".` : `Add "${key}" with the transport of the server.`),
    refs: [TRANSPORTS],
  }),

  'type-misspelt': defineRule({
    id: 'type-misspelt',
    level: 'broken',
    cause: 'config-shape-wrong',
    title: 'The type of the server is a word that the client does not know, or one that contradicts the rest',
    find: eachEntry(wrongType),
    says({ key = '', found = '', words = '', why }, client) {
      if (why === 'address')
        return `"${key}" says "${found}", a server to be started, and the entry has an address and no command.`;
      if (why === 'command')
        return `"${key}" says "${found}", a server at an address, and the entry has a command and no address.`;
      return `${client.name} knows ${words} for "${key}". It does not know "${found}".`;
    },
    fix: ({ key = '', word, words = '' }) => (word ? `Write "${key}": "${word}".` : `Write ${words} for "${key}".`),
    refs: [TRANSPORTS],
  }),
};
