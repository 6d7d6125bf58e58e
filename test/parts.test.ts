/** One loop over the set-ups of real parts: a sound one is free of findings, and of a broken one the fault is the root. */
import { afterAll, describe, expect, it } from 'vitest';
import { scenes } from './parts/index.js';
import { judge } from './parts/scene.js';
import { stopBackends } from './support/backends.js';
import { authority } from './support/tls.js';

const ca = authority();
const all = scenes(ca);
afterAll(async () => {
  await stopBackends();
  ca.remove();
});

describe('free of findings', () => {
  it.each(all.filter(({ cause }) => cause === null))('$parts', async (scene) => {
    const { findings, status, about } = await judge(scene);
    expect(findings, about).toEqual([]);
    expect(status).toBe('healthy');
  });
});

describe('the fault is the root', () => {
  it.each(all.filter(({ cause }) => cause !== null))('$fault ($parts): $cause', async (scene) => {
    const { root, findings, about } = await judge(scene);
    const found = findings.map(({ id, certainty, role }) => `${id} ${certainty} ${role}`).join(', ');
    expect(root?.id, `${found}\n${about}`).toBe(scene.cause);
    if (scene.certainty) expect(root?.certainty, found).toBe(scene.certainty);
    else expect(root?.certainty, found).not.toBe('possible');
  });
});
