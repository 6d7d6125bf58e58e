/** Start a server of a file that lies on the disk, as its entry says. */
import { readFileSync } from 'node:fs';
import type { ServerEntry } from '../../src/config/config.js';
import { investigate } from '../../src/probe/investigate.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import { type GalleryFile, judge } from './gallery.js';

export interface Started {
  /**
   * The status of the verdict; `unreadable` when the client reads nothing of the file, `absent` when it has no such
   * entry, `refused` when its parts have other forms than the client takes.
   */
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
  const { entries, faults } = judge({ ...file, bytes: readFileSync(path) });
  const fatal = faults.filter(({ level }) => level === 'fatal');
  if (fatal.length > 0) return { status: 'unreadable', why: fatal.map(({ rule }) => rule).join(', ') };
  const entry = entries.find(({ name }) => name === server);
  if (!entry) return { status: 'absent', why: 'no such entry' };
  const made = launch(entry, file);
  if (!made) return { status: 'refused', why: 'the entry has parts of another form than the client takes' };
  const verdict = diagnose(await investigate({ kind: 'stdio', ...made }, { quick: true }));
  return { status: verdict.status, why: verdict.findings.map(({ id }) => id).join(', ') };
}
