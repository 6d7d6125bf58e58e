import { expect, it } from 'vitest';
import { keywordsOf, toolFacts } from '../../src/probe/tool-facts.js';

it('finds the keywords of a schema at any depth, and no names of properties', () => {
  const schema = {
    type: 'object',
    properties: {
      oneOf: { type: 'string', enum: [{ allOf: 1 }] },
      deep: { items: { anyOf: [{ $ref: '#/$defs/not' }] } },
    },
    $defs: { not: { type: 'number', default: { pattern: 'x' } } },
    'x-secret-name': { format: 'uri' },
  };
  expect(keywordsOf(schema)).toEqual(['$defs', '$ref', 'anyOf', 'default', 'enum', 'items', 'properties', 'type']);
});

it('ends with a schema that has no end', () => {
  const circle: Record<string, unknown> = { type: 'object' };
  circle.properties = { again: circle, once: circle };
  expect(keywordsOf(circle)).toEqual(['properties', 'type']);
  let deep: unknown = { minLength: 1 };
  for (let i = 0; i < 10_000; i++) deep = { not: deep };
  expect(keywordsOf(deep)).toEqual(['not']);
});

it('counts the bytes of a description, and takes whatever comes', () => {
  expect(toolFacts({ name: 'ä', description: 'ä€' })).toEqual({ name: 'ä', descriptionBytes: 5, keywords: [] });
  expect(toolFacts({ name: 'x'.repeat(999), description: 7, inputSchema: 'no' })).toEqual({
    name: 'x'.repeat(200),
    descriptionBytes: 0,
    keywords: [],
  });
  for (const odd of [null, 'x', [], {}, { name: '' }, { name: 1 }]) expect(toolFacts(odd)).toBeNull();
});
