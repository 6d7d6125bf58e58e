/** Start a server of a file that lies on the disk, as its entry says. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServerEntry } from '../../src/config/config.js';
import { findConfigs } from '../../src/probe/configs.js';
import { specOf } from '../../src/probe/declared.js';
import { investigate } from '../../src/probe/investigate.js';
import { realWorld } from '../../src/probe/world.js';
import { diagnose } from '../../src/verdict/diagnose.js';
import type { GalleryFile } from './gallery.js';

export interface Started {
  /**
   * The status of the verdict; `unreadable` when the client reads nothing of the file, `absent` when it has no such entry, `refused`
   * when its parts have other forms than the client takes.
   */
  status: string;
  why: string;
}

const isText = (value: unknown): value is string => typeof value === 'string';

/** Whether the parts of an entry have the forms that can be handed to the operating system, read without our reading of entries. */
function isWhole(entry: ServerEntry, { client: { entry: form } }: GalleryFile): boolean {
  const value = entry.node.value as Record<string, unknown>;
  const command = value[form.command.key];
  const args = form.args === null ? [] : (value[form.args] ?? []);
  const env = value[form.env] ?? {};
  if (form.command.holds === 'list' ? !Array.isArray(command) : !isText(command)) return false;
  if (![command, args].flat().every(isText) || !Array.isArray(args)) return false;
  return typeof env === 'object' && env !== null && !Array.isArray(env) && Object.values(env).every(isText);
}

/**
 * Put the file where its client keeps it in a home folder, find it there as `doctor` does, and start that server.
 * @throws when the file does not lie in a home folder or a project.
 */
export async function startedFrom(
  home: string,
  file: GalleryFile,
  bytes: Uint8Array,
  server: string,
): Promise<Started> {
  const { client, expectation } = file;
  const project = `${home}/code/shop`;
  const path = expectation.path.replace('<project>', project).replace(/^~/, home);
  if (!path.startsWith(home)) throw new Error(`${file.name} lies outside the home folder: ${path}`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);

  const real = realWorld();
  const platform = expectation.os === 'macos' ? 'darwin' : 'linux';
  const files = findConfigs({ ...real, platform, home, cwd: project, env: {} }, { clients: [client], project });
  const found = files.filter((one) => one.path === path && one.config);
  const fatal = found.flatMap(({ faults }) => faults).filter(({ level }) => level === 'fatal');
  if (fatal.length > 0) return { status: 'unreadable', why: fatal.map(({ rule }) => rule).join(', ') };
  const entry = found.flatMap(({ entries }) => entries).find(({ name }) => name === server);
  if (!entry) return { status: 'absent', why: 'no such entry' };
  const spec = specOf(entry, client);
  if (spec.kind !== 'stdio' || !isWhole(entry, file))
    return { status: 'refused', why: 'the entry has parts of another form than the client takes' };
  const verdict = diagnose(await investigate(spec, { quick: true }));
  return { status: verdict.status, why: verdict.findings.map(({ id }) => id).join(', ') };
}
