/** What a user said to the servers that came with a project, where the client keeps the answer. */
import type { Approval, Client } from '../clients/client.js';
import { isSameFolder, locate, type Side } from './places.js';
import type { World } from './world.js';

const MAX_BYTES = 8 * 1024 * 1024;

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const names = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** The object behind the keys; `<project>` is each of the folders, as the system may write them. */
function at(value: unknown, root: readonly string[], folders: readonly string[], os: Side['os']): Fields[] {
  const [key, ...rest] = root;
  if (!isObject(value)) return [];
  if (key === undefined) return [value];
  const isOne = (name: string): boolean =>
    key === '<project>' ? folders.some((folder) => isSameFolder(name, folder, os)) : name === key;
  return Object.keys(value)
    .filter(isOne)
    .flatMap((name) => at(value[name], rest, folders, os));
}

/** The answers that hold for some folders. Null when none of the files could be read: then nothing is known. */
function answersFor(approval: Approval, folders: string[], side: Side, world: World): Fields[] | null {
  let known = false;
  const answers = approval.answers
    .filter(({ os }) => os.includes(side.os))
    .flatMap((place) => {
      const paths = folders.flatMap((folder) => locate(place, side, folder, world).map(({ path }) => path));
      return [...new Set(paths)].flatMap((path) => {
        const read = world.read(path, MAX_BYTES);
        if (read.state !== 'read') return [];
        try {
          const value: unknown = JSON.parse(read.bytes.toString('utf8').replace(/^\uFEFF/, ''));
          known = true;
          return at(value, place.root, folders, side.os);
        } catch {
          // A damaged file of answers holds none; whoever wrote it is not asked here.
          return [];
        }
      });
    });
  return known ? answers : null;
}

/**
 * Whether the user allowed a server of this client in a project; null when the client asks for no approval there, or where nothing is
 * known of the answer.
 */
export function approvals(client: Client, side: Side, world: World) {
  const kept = new Map<string, Fields[] | null>();
  return (server: string, scope: string, folders: string[]): boolean | null => {
    const { approval } = client;
    if (!approval?.scopes.some((one) => one === scope) || folders.length === 0) return null;
    const key = folders.join('\n');
    const answers = kept.has(key) ? kept.get(key) : answersFor(approval, folders, side, world);
    kept.set(key, answers ?? null);
    if (!answers) return null;
    if (answers.some((answer) => names(answer[approval.refused]).includes(server))) return false;
    return answers.some((answer) => answer[approval.all] === true || names(answer[approval.allowed]).includes(server));
  };
}
