import { describe, expect, it } from 'vitest';
import { beyondOf, fitOf, type ListedTool } from '../../src/clients/fit.js';
import { sampleClient } from '../support/sample-client.js';

const tool = (name: string, over: Partial<ListedTool> = {}): ListedTool => ({
  name,
  descriptionBytes: 20,
  keywords: ['type'],
  ...over,
});
const many = (count: number) => Array.from({ length: count }, (_, i) => tool(`tool_${i + 1}`));

describe('how many', () => {
  const client = sampleClient({ limits: { tools: { max: 40, beyond: 'left-out', confidence: 'low' } } });

  it('fit as many as the client takes', () => {
    expect(fitOf(client, 'x', many(40))).toEqual({ listed: 40, reach: 40, misfits: [] });
  });

  it('are left out beyond that', () => {
    const { reach, misfits } = fitOf(client, 'x', many(42));
    expect(reach).toBe(40);
    expect(misfits).toEqual([
      { limit: 'count', outcome: 'left-out', tools: ['tool_41', 'tool_42'], bound: '40', confidence: 'low' },
    ]);
  });

  it('are counted by what the server lists, where fewer were kept', () => {
    const { misfits, reach } = fitOf(client, 'x', many(50), 900);
    expect(misfits.map((misfit) => beyondOf(misfit, 900))).toEqual([860]);
    expect(reach).toBe(40);
  });

  it('reach the model when nobody knows what comes of the others', () => {
    const unknown = sampleClient({ limits: { tools: { max: 40, beyond: 'unknown' } } });
    expect(fitOf(unknown, 'x', many(41))).toMatchObject({
      reach: null,
      misfits: [{ outcome: 'unknown', confidence: 'high' }],
    });
    const refuses = sampleClient({ limits: { tools: { max: 40, beyond: 'error' } } });
    expect(fitOf(refuses, 'x', many(41)).reach).toBe(0);
  });
});

describe('names', () => {
  it('are as long as the form makes them, with the name of the server', () => {
    const client = sampleClient({
      limits: { toolName: { form: 'mcp__<server>__<tool>', max: 20, beyond: 'left-out' } },
    });
    expect(fitOf(client, 'notes', [tool('read_note'), tool('read_it')]).misfits).toMatchObject([
      { limit: 'length', tools: ['read_note'], bound: '20' },
    ]);
    expect(fitOf(client, 'notes', [tool('read_note'), tool('read_it')]).reach).toBe(1);
    // Without a name only what is too long with every name counts.
    expect(fitOf(client, undefined, [tool('read_note')]).misfits).toEqual([]);
    expect(fitOf(client, undefined, [tool('read_all_notes')]).misfits).toHaveLength(1);
  });

  it('have the letters that the client takes, in the whole or in their own', () => {
    const own = sampleClient({
      limits: { toolName: { form: '<server>___<tool>', own: '^[a-z_]+$', max: 64, beyond: 'left-out' } },
    });
    expect(fitOf(own, 'my-notes', [tool('read-note'), tool('read_note')]).misfits).toMatchObject([
      { limit: 'name', tools: ['read-note'] },
    ]);
    const whole = sampleClient({
      limits: { toolName: { form: '<server>_<tool>', pattern: '^[a-z_]+$', beyond: 'replaced' } },
    });
    expect(fitOf(whole, 'my-notes', [tool('read_note')]).misfits).toMatchObject([
      { limit: 'name', outcome: 'renamed' },
    ]);
  });

  it('are told once, where the pattern holds the length as well', () => {
    const client = sampleClient({
      limits: { toolName: { form: '<tool>', pattern: '^[a-z]{1,8}$', max: 8, beyond: 'cut' } },
    });
    expect(fitOf(client, 'x', [tool('abcdefghij')]).misfits.map(({ limit }) => limit)).toEqual(['length']);
  });

  it('fall together when other letters are replaced', () => {
    const client = sampleClient({
      limits: { toolName: { form: '<server>_<tool>', pattern: '^[a-zA-Z0-9_-]+$', beyond: 'replaced' } },
    });
    const { misfits, reach } = fitOf(client, 'x', [tool('read.note'), tool('read/note'), tool('write')]);
    expect(misfits.find(({ limit }) => limit === 'same-name')).toMatchObject({
      tools: ['read/note'],
      outcome: 'left-out',
    });
    expect(reach).toBe(2);
  });
});

describe('what is in them', () => {
  it('descriptions are long, or missing', () => {
    const client = sampleClient({ limits: { description: { maxBytes: 100, needed: true, beyond: 'cut' } } });
    const { misfits, reach } = fitOf(client, 'x', [
      tool('long', { descriptionBytes: 101 }),
      tool('none', { descriptionBytes: 0 }),
      tool('fine'),
    ]);
    expect(misfits.map(({ outcome, tools, bound }) => [outcome, tools, bound])).toEqual([
      ['left-out', ['none'], '1'],
      ['cut', ['long'], '100'],
    ]);
    expect(reach).toBe(2);
  });

  it('schemas use what the client cannot take; what it drops is no loss', () => {
    const client = sampleClient({ limits: { schema: { drops: ['$schema'], refuses: ['oneOf', '$ref'] } } });
    const tools = [tool('a', { keywords: ['$schema', 'type'] }), tool('b', { keywords: ['oneOf', 'type'] })];
    expect(fitOf(client, 'x', tools).misfits).toMatchObject([{ limit: 'schema', tools: ['b'], bound: 'oneOf' }]);
  });
});

it('a length is within a limit that it only reaches', () => {
  const client = sampleClient({
    limits: { toolName: { form: '<tool>', max: 9, beyond: 'left-out' }, description: { maxBytes: 20, beyond: 'cut' } },
  });
  expect(fitOf(client, 'x', [tool('read_note')]).misfits).toEqual([]);
  expect(fitOf(client, 'x', [tool('read_note', { descriptionBytes: 21 })]).misfits).toHaveLength(1);
});

it('nothing is said of a client of which no limit is known', () => {
  expect(fitOf(sampleClient(), undefined, many(900))).toEqual({ listed: 900, reach: 900, misfits: [] });
});
