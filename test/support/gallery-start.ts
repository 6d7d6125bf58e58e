/** Start a server of a file that lies on the disk, as its entry says. */
import { readFileSync } from 'node:fs';
import type { ServerEntry } from '../../src/config/config.js';
import { entriesIn } from '../../src/config/entries.js';
import { readConfig } from '../../src/config/read.js';
import { investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import type { GalleryFile } from './gallery.js';

export interface Started {
  /** The status of the verdict; `unreadable` when the client reads nothing of the file, `absent` when it has no such entry. */
  status: string;
  why: string;
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** What a client would hand to the operating system; null when the parts of the entry have forms that none can be made of. */
function launch(entry: ServerEntry, { client: { entry: form } }: GalleryFile) {
  const value = entry.node.value as Record<string, unknown>;
  const command = value[form.command.key];
  const args = form.args === null ? [] : (value[form.args] ?? []);
  const env = value[form.env] ?? {};
  const list = form.command.holds === 'list' ? command : [command, ...(Array.isArray(args) ? args : [null])];
  if (!Array.isArray(list) || !list.every(isText) || typeof env !== 'object' || env === null || Array.isArray(env))
    return null;
  if (!Object.values(env).every(isText)) return null;
  const [program, ...words] = list as string[];
  return program === undefined ? null : { command: program, args: words, env: env as Record<string, string> };
}

/** Read the file as its client would, and start that server. */
export async function startedFrom(path: string, file: GalleryFile, server: string): Promise<Started> {
  const bytes = readFileSync(path);
  for (const place of file.places) {
    const config = readConfig(bytes, place.format);
    const strict = config.faults.filter(({ level }) => level === undefined || level === 'fatal');
    if (strict.length > 0) return { status: 'unreadable', why: strict.map(({ rule }) => rule).join(', ') };
    const entry = entriesIn(config, file.client, place).find(({ name }) => name === server);
    if (!entry) continue;
    const made = launch(entry, file);
    if (!made) return { status: 'refused', why: 'the entry has parts of another form than the client takes' };
    const verdict = diagnose(await investigate({ kind: 'stdio', ...made }, { quick: true }));
    return { status: verdict.status, why: verdict.findings.map(({ id }) => id).join(', ') };
  }
  return { status: 'absent', why: 'no such entry' };
}
