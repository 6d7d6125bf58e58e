/** The hostile web servers of a file in test/hostile, in a process of their own: what they waste is not counted as ours. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const CA = fileURLToPath(new URL('../servers/tls/cert.pem', import.meta.url));

export interface HostileServers {
  /** Of the server with that name. */
  url(name: string, scheme?: string): string;
  origin(name: string): string;
  names: string[];
  /** What the recorder, and `stranger`, were sent since the last time. */
  recorded(): Promise<string>;
  stop(): Promise<void>;
}

const SCRIPTS = {
  http: new URL('../hostile/http.mjs', import.meta.url),
  oauth: new URL('../hostile/oauth.mjs', import.meta.url),
  echo: new URL('../hostile/oauth-echo.mjs', import.meta.url),
};

export async function hostileServers(which: keyof typeof SCRIPTS = 'http'): Promise<HostileServers> {
  const script = fileURLToPath(SCRIPTS[which]);
  const child: ChildProcess = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const line = await new Promise<string>((resolve, reject) => {
    child.once('error', reject);
    if (child.stdout) createInterface({ input: child.stdout }).once('line', resolve);
  });
  const ports = JSON.parse(line) as Record<string, number>;
  const origin = (name: string, scheme = 'http'): string => {
    const port = ports[name];
    if (port === undefined) throw new Error(`there is no hostile server ${name}`);
    return `${scheme}://127.0.0.1:${port}`;
  };
  return {
    names: Object.keys(ports),
    origin,
    url: (name, scheme) => `${origin(name, scheme)}/mcp`,
    recorded: async () => (await fetch(origin('recorder'))).text(),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      }),
  };
}
