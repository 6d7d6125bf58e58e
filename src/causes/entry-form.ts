/** How a client wants a server written, from its data: for an entry that was pasted without its file, and for one to paste. */
import { wordsOf } from '../case/command-line.js';
import type { Client, EntryForm } from '../clients/client.js';
import { clientBy, clientOf } from '../clients/index.js';

export interface ClientShape {
  name: string;
  /** Where the servers stand, as people call it. */
  file: string;
  format: 'json' | 'toml' | 'yaml';
  /** Keys from the top of the file to the servers, with dots between; the best one first. */
  roots: readonly string[];
  /** The servers are a list. */
  listed: boolean;
  /** The keys of an address, the best one first; empty when the file takes commands only. */
  urls: readonly string[];
  needsType: EntryForm['type']['needed'];
  /** The words for `type`; null when it looks at none, or nobody knows. */
  types: readonly string[] | null;
  http: string;
  stdio: string;
  env: string;
  command: string;
  /** Program and arguments are one list. */
  list: boolean;
  /** Older versions take an object for `command`. */
  commandObject: boolean;
  /** It is switched off by `enabled`. */
  enabled: boolean;
}

/** What the client's own data say of an entry. */
function shapeFrom({ name, file, places, entry }: Client): ClientShape {
  // What only some versions read is no help to whoever does not say which one it is.
  const sure = places.filter(({ scope, onlyIf }) => onlyIf === undefined && scope !== 'legacy');
  const read = sure.length > 0 ? sure : places;
  const own = read.find(({ scope }) => scope === 'user') ?? read[0];
  return {
    name,
    file,
    format: own?.format === 'toml' || own?.format === 'yaml' ? own.format : 'json',
    roots: [...new Set(read.map(({ root }) => root.filter((key) => key !== '*' && key !== 'projects').join('.')))],
    listed: own?.list ?? false,
    urls: entry.url,
    needsType: entry.type.needed,
    types: entry.type.words,
    http: entry.type.http ?? '',
    stdio: entry.type.stdio ?? 'stdio',
    env: entry.env,
    command: entry.command.key,
    list: entry.command.holds === 'list',
    commandObject: entry.commandObject ?? false,
    enabled: entry.off?.some(({ key }) => key === 'enabled') ?? false,
  };
}

/** The client by its name, else by the files and words that only it has. */
export function shapeOf(client: string, said: string): ClientShape | undefined {
  const known = client === '' ? clientBy(said) : clientOf(client);
  return known && shapeFrom(known);
}

/** What most clients read, for one that is not known. */
export const UNKNOWN_CLIENT: ClientShape = {
  name: '',
  file: '',
  format: 'json',
  roots: ['mcpServers'],
  listed: false,
  urls: ['url'],
  needsType: 'no',
  types: null,
  http: 'http',
  stdio: 'stdio',
  env: 'env',
  command: 'command',
  list: false,
  commandObject: false,
  enabled: false,
};

export type Entry = Record<string, unknown>;
export const isObject = (value: unknown): value is Entry =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
export const ROOTS = /^(?:mcpServers?|mcp_servers|servers|context_servers|mcp|extensions)$/;
export const isServer = (value: unknown): boolean =>
  isObject(value) && ('command' in value || 'url' in value || 'type' in value);
export const URLS = ['url', 'serverUrl', 'httpUrl', 'uri', 'endpoint', 'baseUrl', 'serverURL', 'URL'];

/** The address of an entry, whatever its key. */
export const addressIn = (entry: Entry): string | undefined =>
  URLS.map((key) => entry[key]).find((value) => typeof value === 'string') as string | undefined;

/** The first server of an entry that is a whole file, else the entry itself. */
export function firstServer(entry: Entry | undefined): Entry | undefined {
  const root = Object.keys(entry ?? {}).find((key) => ROOTS.test(key) && isObject(entry?.[key]));
  const servers = root === undefined ? undefined : (entry?.[root] as Entry);
  const server = Object.values(servers ?? {}).find(isServer);
  return isObject(server) ? server : entry;
}

/** JSON on one line, with the spaces that people put. */
const inline = (value: unknown): string =>
  isObject(value)
    ? `{ ${Object.entries(value)
        .map(([key, part]) => `${JSON.stringify(key)}: ${inline(part)}`)
        .join(', ')} }`
    : Array.isArray(value)
      ? `[${value.map(inline).join(', ')}]`
      : JSON.stringify(value);

const yaml = (value: unknown): string =>
  typeof value === 'string' ? value : isObject(value) ? inline(value).replaceAll('"', '') : inline(value);

/** The entry under the name `<name>`, as it stands in a file of this format. */
function asText({ format, roots: [root = 'mcpServers'], listed, enabled }: ClientShape, server: Entry): string {
  const keys = root.split('.');
  if (format === 'toml') {
    const parts = Object.entries(server);
    const lines = (part: [string, unknown][]) => part.map(([key, value]) => `${key} = ${inline(value)}`);
    const tables = parts.filter((part): part is [string, Entry] => isObject(part[1]));
    return [
      [`[${root}.<name>]`, ...lines(parts.filter(([, value]) => !isObject(value)))].join('\n'),
      ...tables.map(([key, value]) => [`[${root}.<name>.${key}]`, ...lines(Object.entries(value))].join('\n')),
    ].join('\n\n');
  }
  if (format === 'yaml') {
    const lines = Object.entries({ ...server, ...(enabled && { enabled: true }) }).map(
      ([key, value]) => `    ${key}: ${yaml(value)}`,
    );
    return [`${root}:`, listed ? '  - name: <name>' : '  <name>:', ...lines].join('\n');
  }
  return inline(keys.reduceRight<Entry>((within, key) => ({ [key]: within }), { '<name>': server }));
}

/** The arguments of an entry, also where they stand in one text. */
const argumentsIn = (args: unknown): string[] =>
  Array.isArray(args) ? args.map(String) : typeof args === 'string' ? wordsOf(args) : [];

/** An entry in the form of this client, as text to paste. The words of the given entry are kept. */
export function formOf(shape: ClientShape | undefined, entry: Entry | undefined): string {
  const form = shape ?? UNKNOWN_CLIENT;
  const first = firstServer(entry);
  const command = Array.isArray(first?.command)
    ? first.command.map(String)
    : typeof first?.command === 'string'
      ? [first.command, ...argumentsIn(first.args)]
      : undefined;
  const address = command ? undefined : first && addressIn(first);
  const [url] = form.urls;
  if (address !== undefined && url !== undefined) {
    const type = form.needsType !== 'no' || form.types ? { type: form.http || 'http' } : {};
    return asText(form, { ...type, [url]: address });
  }
  // A file that takes no addresses gets a command that stands in between.
  const words = address === undefined ? (command ?? ['npx', '-y', '<package>']) : ['npx', '-y', 'mcp-remote', address];
  const env = address === undefined ? { [form.env]: { NAME: 'value' } } : {};
  const type = form.needsType === 'always' ? { type: form.stdio } : {};
  const run = form.list ? { [form.command]: words } : { [form.command]: words[0], args: words.slice(1) };
  return asText(form, { ...type, ...run, ...env });
}
