/** Every configuration of the gallery, right or wrong: what can be fixed is fixed at once, and shown without a secret. */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type FixTarget, judgeOf } from '../../src/cli/fix-target.js';
import { maskedPair } from '../../src/cli/masked-pair.js';
import { CLIENTS } from '../../src/clients/index.js';
import { applyEdits } from '../../src/config/edit.js';
import { planFix } from '../../src/config/plan.js';
import { readConfig } from '../../src/config/read.js';
import { hunksOf } from '../../src/render/diff.js';

const GALLERY = fileURLToPath(new URL('../gallery/', import.meta.url));
const FORMATS: Record<string, string[]> = { toml: ['toml'], yaml: ['yaml'], yml: ['yaml'] };
const machine = { os: 'linux', home: '/home/me', isSet: () => false, look: () => undefined } as const;

const cases = CLIENTS.flatMap((client) => {
  const names = readdirSync(GALLERY).includes(client.id) ? readdirSync(GALLERY + client.id) : [];
  return names.flatMap((name) => {
    const formats = FORMATS[name.split('.').at(-1) ?? ''] ?? ['json', 'jsonc'];
    const place = client.places.find(({ format }) => formats.includes(format));
    if (name === 'expect.json' || !place) return [];
    return [{ client, place, name: `${client.id}/${name}` }];
  });
});

it('of at least a hundred files, many can be fixed, and each is after one fix', () => {
  let fixed = 0;
  for (const { client, place, name } of cases) {
    const planOf = (bytes: Uint8Array) => {
      const config = readConfig(bytes, place.format);
      const file = { client, place, path: name, shown: name, state: 'read', bytes, config, machine } as const;
      const target: FixTarget = { label: name, client, files: [{ ...file, entries: [], faults: [] }] };
      return planFix(config, { judge: judgeOf(target), wants: ({ level }) => level !== 'info' });
    };
    const plan = planOf(readFileSync(GALLERY + name));
    expect(applyEdits(plan.before.text, plan.edits), name).toBe(plan.after.text);
    if (!plan.bytes) {
      expect(plan.cured, name).toEqual([]);
      continue;
    }
    fixed++;
    expect(
      planOf(plan.bytes).cured.map(({ rule }) => rule?.rule),
      name,
    ).toEqual([]);
    const [before, after] = maskedPair(plan.before, plan.after);
    for (const { text, masked } of [before, after]) expect(masked.length, name).toBe(text.length);
    expect(hunksOf(before, after).length > 0 || plan.recoded, name).toBe(true);
  }
  expect(cases.length).toBeGreaterThan(100);
  expect(fixed).toBeGreaterThan(50);
});
