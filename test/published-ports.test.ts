/** Servers in real containers behind a published port: the way from the machine into the container, and where it ends. */
import { execFileSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Verdict } from '../src/verdict/verdict.js';
import { explained } from './support/case.js';
import { cli } from './support/cli.js';
import { type Engine, IMAGE, startEngine } from './support/dockerd.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine({ ports: true });
}, 120_000);
afterAll(() => engine?.stop(), 60_000);

/** What Node.js says of the connection, as an MCP client would show it. */
const FETCH = `fetch(process.argv[1], { method: 'POST' }).then((r) => console.log(r.status), console.log)`;

/** A server that listens inside the container at `host` and `port`, and what is published of it. */
async function published(host: string, port: number, publish: string[], url: string) {
  const id = engine.docker('run', '-d', ...publish, IMAGE, 'node', '/srv/http.mjs', host, String(port));
  try {
    while (!engine.docker('logs', id).includes('listening')) await new Promise((resolve) => setTimeout(resolve, 50));
    const { stdout } = await cli(['verify', url, '--format', 'json', '--quiet', '--timeout', '2'], {
      within: engine.within,
      env: engine.env,
    });
    // What a person would paste who asks why: the error, the container as the engine shows it, and its log.
    const pasted = [
      execFileSync(engine.within[0] as string, [...engine.within.slice(1), process.execPath, '-e', FETCH, url], {
        encoding: 'utf8',
      }),
      engine.docker('ps', '--format', 'table {{.Image}}\t{{.Status}}\t{{.Ports}}'),
      engine.docker('logs', id),
    ].join('\n');
    return { verdict: JSON.parse(stdout) as Verdict, pasted, about: stdout.slice(0, 6_000) };
  } finally {
    engine.docker('rm', '-f', id);
  }
}

describe('a server in a container with a published port', () => {
  it('is healthy when it listens on every address', async () => {
    const { verdict, about } = await published(
      '0.0.0.0',
      3000,
      ['-p', '127.0.0.1:8001:3000'],
      'http://localhost:8001/mcp',
    );
    expect(verdict.findings, about).toEqual([]);
    expect(verdict.status).toBe('healthy');
  });

  // From outside both look alike: the engine takes the connection and gives it up. It is asked.
  it('is out of reach when it listens on the loopback of its container', async () => {
    const { verdict, pasted, about } = await published(
      '127.0.0.1',
      3000,
      ['-p', '8002:3000'],
      'http://localhost:8002/mcp',
    );
    expect(verdict.root, about).toMatchObject({ id: 'container-loopback-bound', certainty: 'certain' });
    expect(explained(pasted).root, pasted).toMatchObject({ id: 'container-loopback-bound' });
  });

  it('is out of reach when another port is published', async () => {
    const { verdict, pasted, about } = await published(
      '0.0.0.0',
      8080,
      ['-p', '8003:3000'],
      'http://localhost:8003/mcp',
    );
    expect(verdict.root, about).toMatchObject({ id: 'container-port-mismatch', certainty: 'certain' });
    expect(explained(pasted).root, pasted).toMatchObject({ id: 'container-port-mismatch' });
  });

  it('is refused when no port is published', async () => {
    const { verdict, about } = await published('0.0.0.0', 3000, [], 'http://localhost:8004/mcp');
    expect(verdict.root, about).toMatchObject({ id: 'network-refused' });
  });
});
