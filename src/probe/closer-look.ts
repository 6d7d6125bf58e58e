/**
 * A closer look at the command, taken after a failure or with --full: what is behind the file, which runtime runs it and what
 * its package needs, and what the user's login shell would start. It costs processes of its own, so a healthy server is spared.
 */
import type { Evidence } from '../case/evidence.js';
import type { CaseDraft } from '../case/write.js';
import { ask } from './ask.js';
import { binaryOf } from './binary.js';
import type { Entry } from './command.js';
import { loginEnvironment } from './login-shell.js';
import { lookUp, pathFor } from './lookup.js';
import { packageNeeds } from './package-needs.js';
import { runtimeOf } from './runtime.js';
import { shimOf } from './shims.js';
import type { World } from './world.js';

type Launch = Evidence['launch'];
type File = NonNullable<Launch['file']>;

const QUARANTINE_LIMIT_MS = 2_000;

/** Whether a file carries the attribute of a download. The `xattr` of macOS ends with 0 when it does, with 1 when not. */
async function quarantined(path: string, env: Record<string, string>, world: World): Promise<boolean | undefined> {
  if (world.platform !== 'darwin') return undefined;
  const question = ['-p', 'com.apple.quarantine', world.realpath(path)];
  const answer = await ask('/usr/bin/xattr', question, { env, limitMs: QUARANTINE_LIMIT_MS }, world);
  return answer?.code === 0 ? true : answer?.code === 1 ? false : undefined;
}

async function closerFile(file: File, env: Record<string, string>, world: World): Promise<File> {
  return {
    ...file,
    binary: binaryOf(file.path, world),
    shim: shimOf(file.path, world),
    quarantined: await quarantined(file.path, env, world),
  };
}

/** Something was not found that a login shell may have. */
function somethingMissing(draft: CaseDraft, { lookup, file }: Launch): boolean {
  const { spawnError, exit } = draft.get('process') ?? {};
  return (
    spawnError?.code === 'ENOENT' ||
    lookup?.found === null ||
    file?.shebang?.interpreterFound === false ||
    exit?.code === 127
  );
}

export interface CloserOptions {
  entry: Entry;
  /** The whole environment of the server. */
  env: Record<string, string>;
  quick?: boolean;
  full?: boolean;
}

/** Notes a fuller `launch`. Returns the environment of the login shell, when it was asked. */
export async function lookCloser(
  draft: CaseDraft,
  launch: Launch,
  { entry, env, quick, full }: CloserOptions,
  world: World,
): Promise<Record<string, string> | null> {
  const asking = !quick && (full || somethingMissing(draft, launch));
  const [login, runtime, file] = await Promise.all([
    asking ? loginEnvironment(world) : null,
    runtimeOf(entry, launch.file, env, world),
    launch.file && closerFile(launch.file, env, world),
  ]);
  const cwd = pathFor(world).resolve(world.cwd, entry.cwd ?? '.');
  const lookup = login ? lookUp(entry.command, env, cwd, world, login) : launch.lookup;
  const closer: Launch = { ...launch, lookup, file, runtime };
  draft.seen('launch', { ...closer, requires: packageNeeds(closer, entry, env, world) });
  return login;
}
