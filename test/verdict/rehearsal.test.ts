import { expect, it } from 'vitest';
import { rehearse } from '../../src/verdict/rehearsal.js';

it('the sound case of the rehearsal is found healthy by every rule', () => {
  expect(rehearse()).toBe(true);
});
