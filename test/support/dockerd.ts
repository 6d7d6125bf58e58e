/**
 * A Docker engine of our own: a private socket and folder, no change to the machine's network and firewall; and a tiny image.
 * Without networks, or with published ports in a network namespace that only this engine and who enters it can see.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const READY_MS = 40_000;
const MINIMAL = fileURLToPath(new URL('../servers/support/minimal-mcp.mjs', import.meta.url));
const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export const IMAGE = 'mcp-verdict-test:1';

/** Programs inside the image, by name. */
const PROGRAMS: Record<string, string> = {
  'healthy.mjs': `import { createInterface } from 'node:readline';
import { reply } from './minimal-mcp.mjs';
for await (const line of createInterface({ input: process.stdin })) {
  const answer = reply(JSON.parse(line));
  if (answer) console.log(JSON.stringify(answer));
}`,
  'stubborn.mjs': `import { createInterface } from 'node:readline';
import { reply } from './minimal-mcp.mjs';
setInterval(() => {}, 1_000);
createInterface({ input: process.stdin }).on('line', (line) => {
  const answer = reply(JSON.parse(line));
  if (answer) console.log(JSON.stringify(answer));
});`,
  'needs-key.mjs': `if (!process.env.NOTES_API_KEY) {
  console.error('Error: NOTES_API_KEY environment variable is required');
  process.exit(1);
}`,
  'http.mjs': `import { createServer } from 'node:http';
import { mcp } from './minimal-mcp.mjs';
const [host, port] = process.argv.slice(2);
createServer(mcp).listen(Number(port), host, () => console.log('MCP server listening on http://' + host + ':' + port + '/mcp'));
process.on('SIGTERM', () => process.exit(0));`,
  'greedy.mjs': `const kept = [];
setInterval(() => kept.push(Buffer.alloc(8 * 1024 * 1024, 1)), 1);`,
};

/** Node.js with the libraries it is linked to, and the programs, as a root folder. */
function fill(root: string): void {
  const put = (path: string) => {
    mkdirSync(join(root, dirname(path)), { recursive: true });
    copyFileSync(path, join(root, path));
  };
  for (const path of execFileSync('ldd', [process.execPath], { encoding: 'utf8' }).match(/\/\S+(?= \()/g) ?? [])
    put(path);
  mkdirSync(join(root, 'srv'), { recursive: true });
  mkdirSync(join(root, 'usr/bin'), { recursive: true });
  copyFileSync(process.execPath, join(root, 'usr/bin/node'));
  copyFileSync(MINIMAL, join(root, 'srv', basename(MINIMAL)));
  for (const [name, text] of Object.entries(PROGRAMS)) writeFileSync(join(root, 'srv', name), text);
}

export interface Engine {
  /** What an entry needs in its env to reach this engine. */
  env: { DOCKER_HOST: string };
  docker(...args: string[]): string;
  /** What stands before a command that shall see the published ports. */
  within: string[];
  stop(): Promise<void>;
}

/** Start the engine and load the image. Fails with the engine's own words where it cannot run: never skipped in silence. */
export async function startEngine({ ports = false } = {}): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), 'mcp-verdict-dockerd-'));
  const socket = join(folder, 'docker.sock');
  const env = { DOCKER_HOST: `unix://${socket}` };
  const log = join(folder, 'log');
  const dockerd =
    'exec dockerd --data-root "$0/root" --exec-root "$0/exec" --pidfile "$0/pid" --host "unix://$0/docker.sock" --iptables=false --ip6tables=false --ip-forward=false';
  // Each exec keeps the process id: what is started here is the daemon in the end.
  const command = ports
    ? ['unshare', '--net', 'sh', '-c', `ip link set lo up && ${dockerd} >"$0/log" 2>&1`, folder]
    : ['sh', '-c', `${dockerd} --bridge none >"$0/log" 2>&1`, folder];
  const daemon: ChildProcess = spawn(command[0] as string, command.slice(1), { stdio: 'ignore' });
  let gone = false;
  daemon.once('exit', () => {
    gone = true;
  });
  const docker = (...args: string[]): string =>
    execFileSync('docker', args, {
      encoding: 'utf8',
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  const stop = async () => {
    if (!gone) {
      daemon.kill('SIGTERM');
      for (let i = 0; i < 100 && !gone; i++) await wait(100);
      if (!gone) daemon.kill('SIGKILL');
    }
    // The engine's mounts are gone with it; a folder that is still busy is tried again.
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
  const words = () => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-15).join('\n') : 'no log');
  const answers = (): boolean => {
    try {
      return docker('version', '--format', '{{.Server.Version}}') !== '';
    } catch {
      return false;
    }
  };
  const until = Date.now() + READY_MS;
  while (!answers()) {
    if (gone || Date.now() > until) {
      const said = words();
      await stop();
      throw new Error(`dockerd does not run here (it needs root and Debian's docker.io):\n${said}`);
    }
    await wait(200);
  }
  try {
    const root = join(folder, 'image');
    fill(root);
    execFileSync('tar', ['-C', root, '-cf', join(folder, 'image.tar'), '.']);
    docker('import', join(folder, 'image.tar'), IMAGE);
    rmSync(root, { recursive: true, force: true });
    rmSync(join(folder, 'image.tar'), { force: true });
  } catch (error) {
    await stop();
    throw error;
  }
  return { env, docker, within: ports ? ['nsenter', '--net', '--target', String(daemon.pid)] : [], stop };
}
