/** The twelve broken targets of the comparison with other tools, and the sound ones, with default options. */
import { describe, expect, it } from 'vitest';
import { investigate } from '../src/probe/investigate.js';
import { diagnose } from '../src/verdict/diagnose.js';
import { TARGETS } from './targets/index.mjs';

describe.each(TARGETS)('$id: $label', ({ cause, start }) => {
  it(`names ${cause ?? 'nothing'}`, async () => {
    const { spec, stop } = await start();
    try {
      const verdict = diagnose(await investigate(spec));
      expect(verdict.root?.id ?? null, JSON.stringify(verdict.findings.map((f) => [f.id, f.certainty]))).toBe(cause);
      if (cause === null) expect(verdict.status).toBe('healthy');
      else expect(verdict.root?.certainty).not.toBe('possible');
    } finally {
      await stop();
    }
  });
});
