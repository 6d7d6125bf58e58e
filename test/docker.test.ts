/** Servers in real containers, on a Docker engine of our own. It must run wherever the tests run: see scripts/test.mjs. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { investigate } from '../src/probe/investigate.js';
import { diagnose } from '../src/verdict/diagnose.js';
import { type Engine, IMAGE, startEngine } from './support/dockerd.js';

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
}, 120_000);
afterAll(() => engine?.stop(), 60_000);

/** One entry that starts a container, verified as a user would. */
async function verify(args: string[], env: Record<string, string> = engine.env, quick = true) {
  const file = await investigate({ kind: 'stdio', command: 'docker', args, env }, { timeoutMs: 8_000, quick });
  const verdict = diagnose(file);
  const found = verdict.findings.map(({ id, certainty, role }) => `${id} ${certainty} ${role}`).join(', ');
  return { file, verdict, about: `${found}\n${JSON.stringify(file.evidence, null, 1).slice(0, 5_000)}` };
}

const run = (program: string, ...options: string[]): string[] => [
  'run',
  '--rm',
  ...options,
  IMAGE,
  'node',
  `/srv/${program}.mjs`,
];

describe('a server in a container', () => {
  afterEach(() => {
    expect(engine.docker('ps', '-aq'), 'containers left behind').toBe('');
  });

  it('is healthy with -i', async () => {
    const { verdict, about, file } = await verify(run('healthy', '-i'));
    expect(verdict.status, about).toBe('healthy');
    const launch = file.evidence.launch;
    expect(launch?.status === 'seen' && launch.value.args, 'the entry is shown as it was given').toEqual(
      run('healthy', '-i'),
    );
  });

  it('has no stdin without -i', async () => {
    const { verdict, about } = await verify(run('healthy'));
    expect(verdict.root, about).toMatchObject({ id: 'container-stdin-detached', certainty: 'certain' });
  });

  it('has no stdin with -i behind the image', async () => {
    const { verdict, about } = await verify([...run('healthy'), '-i']);
    expect(verdict.root, about).toMatchObject({ id: 'container-stdin-detached', certainty: 'certain' });
  });

  it('runs in the background with -d, and is removed all the same', async () => {
    const { verdict, about } = await verify(run('stubborn', '-d', '-i'));
    expect(verdict.root, about).toMatchObject({ id: 'container-stdin-detached', certainty: 'certain' });
  });

  it('wants a terminal with -it', async () => {
    const { verdict, about } = await verify(run('healthy', '-it'));
    expect(verdict.root, about).toMatchObject({ id: 'container-tty-allocated', certainty: 'certain' });
  });

  it('has a terminal and still no stdin with -t alone', async () => {
    const { verdict, about } = await verify(run('healthy', '-t'));
    expect(verdict.root, about).toMatchObject({ id: 'container-stdin-detached', certainty: 'certain' });
  });

  it('is refused by the engine for an argument', async () => {
    for (const option of [['--nope'], ['--network', 'nowhere'], ['-u', 'nobody-here']]) {
      const { verdict, about } = await verify(run('healthy', '-i', ...option));
      expect(verdict.root, about).toMatchObject({ id: 'process-config-rejected' });
    }
  });

  it('needs an image that is there', async () => {
    const { verdict, about } = await verify(['run', '--rm', '-i', 'registry.invalid/acme/notes-mcp:1']);
    expect(verdict.root, about).toMatchObject({ id: 'container-image-unavailable', certainty: 'certain' });
  });

  it('needs an engine', async () => {
    const { verdict, about } = await verify(run('healthy', '-i'), { DOCKER_HOST: 'unix:///nonexistent/docker.sock' });
    expect(verdict.root, about).toMatchObject({ id: 'container-engine-unreachable', certainty: 'certain' });
  });

  it('stops for a missing variable: the reason inside wins', async () => {
    const { verdict, about } = await verify(run('needs-key', '-i'));
    expect(verdict.root, about).toMatchObject({ id: 'process-env-missing', certainty: 'certain' });
    expect(verdict.root?.facts.variables).toEqual(['NOTES_API_KEY']);
  });

  it('is killed at its memory limit: the engine tells', async () => {
    const { verdict, about } = await verify(['run', '-i', '--memory', '64m', IMAGE, 'node', '/srv/greedy.mjs']);
    expect(verdict.root, about).toMatchObject({ id: 'process-out-of-memory', certainty: 'certain' });
  });

  it('is killed at its memory limit and removed at once: the limit is the first suspect', async () => {
    const { verdict, about } = await verify(run('greedy', '-i', '--memory', '64m'));
    expect(verdict.root, about).toMatchObject({ id: 'process-out-of-memory', certainty: 'likely' });
  });

  it('outlives a client that goes, and is removed by us', async () => {
    const { verdict, about, file } = await verify(run('stubborn', '-i'), engine.env, false);
    expect(verdict.root, about).toMatchObject({ id: 'process-outlives-client' });
    const life = file.evidence.process;
    expect(life?.status === 'seen' && life.value.leftBehind).toBe(1);
  });

  it('has a name that an older container holds, which we leave alone', async () => {
    const id = engine.docker('create', '--name', 'notes', IMAGE, 'node', '/srv/healthy.mjs');
    try {
      const { verdict, about } = await verify(run('healthy', '-i', '--name', 'notes'));
      expect(verdict.root, about).toMatchObject({ id: 'process-lock-held', certainty: 'certain' });
      expect(engine.docker('ps', '-aq', '--no-trunc')).toBe(id);
    } finally {
      engine.docker('rm', id);
    }
  });
});

describe('a program inside a container', () => {
  it('cannot be started in one that has stopped, or in none', async () => {
    const id = engine.docker('create', IMAGE, 'node', '/srv/healthy.mjs');
    try {
      for (const name of [id.slice(0, 12), 'no-such-container']) {
        const { verdict, about } = await verify(['exec', '-i', name, 'node', '/srv/healthy.mjs']);
        expect(verdict.root, about).toMatchObject({ id: 'container-exited', certainty: 'certain' });
      }
    } finally {
      engine.docker('rm', id);
    }
  });
});
