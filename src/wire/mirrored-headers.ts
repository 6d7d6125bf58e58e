/**
 * What a request of the stateless era says twice: in its body, and in headers for those who route without reading bodies
 * (2026-07-28, basic/transports/streamable-http#request-metadata).
 */

/** Where the parameter stands that becomes `Mcp-Name`. */
const NAMED: Record<string, 'name' | 'uri'> = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' };

/** A field name (RFC 9110 section 5.1). */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TYPES = ['string', 'integer', 'boolean'];
/** Keywords that hold values and no schemas: what looks like an annotation there is data. */
const VALUES = new Set(['const', 'enum', 'default', 'examples']);
/** Keywords that hold schemas under names of the author's own. */
const NAMES = new Set(['patternProperties', 'dependentSchemas', '$defs', 'definitions']);

/** Visible ASCII with spaces inside goes as it is, unless it would be taken for something encoded. */
const isPlain = (text: string): boolean =>
  /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/.test(text) && !/^=\?base64\?.*\?=$/.test(text);

/** A value as a header can carry it. */
export const headerValue = (text: string): string =>
  isPlain(text) ? text : `=?base64?${Buffer.from(text, 'utf8').toString('base64')}?=`;

/** `Mcp-Method` and `Mcp-Name` of a message. */
export function standardHeaders(method: string, params: Record<string, unknown> | undefined): Record<string, string> {
  const key = NAMED[method];
  const name = key && params?.[key];
  return { 'mcp-method': method, ...(typeof name === 'string' && { 'mcp-name': headerValue(name) }) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

interface Annotation {
  /** Names of the properties from the root of the arguments to the parameter. */
  path: string[];
  header: unknown;
  type: unknown;
  /** It stands where one value belongs to it: below nothing but `properties`. */
  reachable: boolean;
}

/** Every `x-mcp-header` of a schema, wherever it stands. */
function annotationsOf(schema: unknown, path: string[] = [], reachable = true): Annotation[] {
  if (Array.isArray(schema)) return schema.flatMap((one) => annotationsOf(one, path, false));
  if (!isObject(schema)) return [];
  const own =
    'x-mcp-header' in schema
      ? [{ path, header: schema['x-mcp-header'], type: schema.type, reachable: reachable && path.length > 0 }]
      : [];
  const below = Object.entries(schema).flatMap(([keyword, inner]) => {
    if (VALUES.has(keyword)) return [];
    const named = keyword === 'properties' || NAMES.has(keyword);
    if (!named || !isObject(inner)) return annotationsOf(inner, [...path, keyword], false);
    const onTheWay = reachable && keyword === 'properties';
    return Object.entries(inner).flatMap(([name, one]) => annotationsOf(one, [...path, name], onTheWay));
  });
  return [...own, ...below];
}

function whyInvalid({ path, header, type, reachable }: Annotation): string | undefined {
  const where = path.join('.') || 'the whole input';
  if (!reachable) return `x-mcp-header at ${where}, where no single parameter stands`;
  if (typeof header !== 'string' || !TOKEN.test(header))
    return `x-mcp-header of ${where} is ${JSON.stringify(header)}, which is no name of a header`;
  if (!TYPES.includes(String(type)))
    return `x-mcp-header of ${where}, whose type is ${JSON.stringify(type) ?? 'not given'}; only string, integer and boolean are mirrored`;
  return undefined;
}

/**
 * Why a tool must not be used over HTTP: its `x-mcp-header` annotations break their rules (2026-07-28, server/tools#x-mcp-header).
 * A client leaves such a tool out, and keeps the others.
 */
export function whyNotMirrored(inputSchema: unknown): string | undefined {
  const annotations = annotationsOf(inputSchema);
  const why = annotations.map(whyInvalid).find((one) => one !== undefined);
  if (why !== undefined) return why;
  const names = annotations.map(({ header }) => String(header).toLowerCase());
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  return twice === undefined ? undefined : `x-mcp-header ${JSON.stringify(twice)} is given to two parameters`;
}

/** The text of a parameter, when it is one that a header carries. Null and what was left out have none. */
function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean' || Number.isSafeInteger(value)) return String(value);
  return undefined;
}

/** The `Mcp-Param-*` headers of a call. A tool whose annotations are invalid has none. */
export function parameterHeaders(inputSchema: unknown, args: Record<string, unknown>): Record<string, string> {
  if (whyNotMirrored(inputSchema) !== undefined) return {};
  return Object.fromEntries(
    annotationsOf(inputSchema).flatMap(({ path, header }) => {
      const value = path.reduce<unknown>(
        (inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined),
        args,
      );
      const text = textOf(value);
      return text === undefined ? [] : [[`mcp-param-${String(header).toLowerCase()}`, headerValue(text)]];
    }),
  );
}
