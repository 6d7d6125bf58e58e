/** What the limits of clients are about, read off a tool as the server listed it. The schema is hostile: depth and size are bounded. */
import type { Evidence } from '../case/evidence.js';

type ToolFacts = NonNullable<Evidence['catalog']['lists'][number]['tools']>[number];

const MAX_DEPTH = 24;
const MAX_NODES = 2_000;
const MAX_NAME = 200;

/** Keywords of JSON Schema, draft-04 to 2020-12, and of OpenAPI. Anything else is a name of the server's own, and stays out of the case. */
const KEYWORDS = new Set(
  `$schema $id $ref $defs $anchor $dynamicRef $dynamicAnchor $comment $vocabulary id definitions type enum const default examples title
  description format deprecated readOnly writeOnly nullable discriminator example xml multipleOf maximum exclusiveMaximum minimum
  exclusiveMinimum maxLength minLength pattern contentEncoding contentMediaType contentSchema items prefixItems additionalItems
  unevaluatedItems contains maxItems minItems uniqueItems maxContains minContains properties patternProperties additionalProperties
  unevaluatedProperties propertyNames maxProperties minProperties required dependencies dependentRequired dependentSchemas allOf anyOf
  oneOf not if then else`.split(/\s+/),
);
/** Keywords whose value maps names of the server's own to schemas. */
const OF_NAMES = new Set([
  'properties',
  'patternProperties',
  '$defs',
  'definitions',
  'dependentSchemas',
  'dependencies',
]);
/** Keywords whose value is data. */
const OF_DATA = new Set([
  'enum',
  'const',
  'default',
  'examples',
  'example',
  'required',
  'type',
  'description',
  'title',
]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The keywords that a schema uses, at any depth, each once, in alphabetical order. */
export function keywordsOf(schema: unknown): string[] {
  const found = new Set<string>();
  let nodes = 0;
  const walk = (value: unknown, depth: number, names: boolean): void => {
    if (depth > MAX_DEPTH || ++nodes > MAX_NODES) return;
    if (Array.isArray(value)) {
      for (const item of value) walk(item, depth + 1, false);
      return;
    }
    if (!isObject(value)) return;
    for (const [key, below] of Object.entries(value)) {
      if (names) walk(below, depth + 1, false);
      else if (KEYWORDS.has(key)) {
        found.add(key);
        if (!OF_DATA.has(key)) walk(below, depth + 1, OF_NAMES.has(key));
      }
    }
  };
  walk(schema, 0, false);
  return [...found].sort();
}

/** The facts of one tool; null when it has no name. */
export function toolFacts(tool: unknown): ToolFacts | null {
  if (!isObject(tool) || typeof tool.name !== 'string' || tool.name === '') return null;
  return {
    name: tool.name.slice(0, MAX_NAME),
    descriptionBytes: typeof tool.description === 'string' ? Buffer.byteLength(tool.description) : 0,
    keywords: keywordsOf(tool.inputSchema),
  };
}
