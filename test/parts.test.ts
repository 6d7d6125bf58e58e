/** One loop over the set-ups of real parts: a sound one is free of findings, and of a broken one the fault is the root. */
import { afterAll, describe, expect, it } from 'vitest';
import { scenes } from './parts/index.js';
import { judge, type Scene } from './parts/scene.js';
import { stopBackends } from './support/backends.js';
import { authority } from './support/tls.js';

/** Faults that show after seconds of silence: side by side they measure each other no worse. */
const WAITS = /silent|buffered|compressed|504/;

const ca = authority();
const all = scenes(ca);
afterAll(async () => {
  await stopBackends();
  ca.remove();
});

describe('free of findings', () => {
  it.each(all.filter(({ cause }) => cause === null))('$parts', async (scene) => {
    const { findings, status, about } = await judge(scene);
    expect(
      findings.map(({ id, severity }) => (severity === 'risky' ? id : `${severity}: ${id}`)),
      about,
    ).toEqual(scene.risks ?? []);
    expect(status).toBe('healthy');
  });
});

const broken = all.filter(({ cause }) => cause !== null);
const theRoot = async (scene: Scene) => {
  const { root, findings, about } = await judge(scene);
  const found = findings.map(({ id, certainty, role }) => `${id} ${certainty} ${role}`).join(', ');
  expect(root?.id, `${found}\n${about}`).toBe(scene.cause);
  if (scene.certainty) expect(root?.certainty, found).toBe(scene.certainty);
  else expect(root?.certainty, found).not.toBe('possible');
};

describe('the fault is the root', () => {
  it.each(broken.filter(({ fault }) => !WAITS.test(fault)))('$fault ($parts): $cause', theRoot);
});

describe.concurrent('the fault is the root, after a wait', () => {
  it.each(broken.filter(({ fault }) => WAITS.test(fault)))('$fault ($parts): $cause', theRoot);
});
