/** What is wrong with an entry that was pasted without its file, for the client it was written for. */
import { type ClientShape, type Entry, firstServer, isObject, isServer, ROOTS, URLS } from './entry-form.js';

export interface Fault {
  fault: string;
  key: string;
  instead: string;
  /** It is wrong for certain, not only unusual. */
  sure: boolean;
}

const ENVS = ['env', 'environment', 'envs', 'envVars', 'env_vars', 'environmentVariables'];
/** The whole of a file in place of one entry: where the servers stand in it, or null. */
function rootFault(entry: Entry, shape: ClientShape | undefined): Fault | null {
  const root = Object.keys(entry).find((key) => ROOTS.test(key) && isObject(entry[key]));
  if (root === undefined) return null;
  const servers = entry[root] as Entry;
  const inner = Object.keys(servers).find(
    (key) => ROOTS.test(key) && isObject(servers[key]) && !isServer(servers[key]),
  );
  // Older settings of VS Code had "mcp": { "servers": ... }.
  if (inner && shape?.roots.includes(`${root}.${inner}`)) return null;
  if (inner && !(root === 'mcp' && inner === 'servers'))
    return { fault: 'nested', key: inner, instead: root, sure: true };
  const [best] = shape?.roots ?? [];
  if (inner && best !== undefined && best !== 'servers')
    return { fault: 'wrong-root', key: `${root}.${inner}`, instead: best, sure: true };
  if (best !== undefined && !shape?.roots.includes(root) && Object.values(servers).some(isServer))
    return { fault: 'wrong-root', key: root, instead: best, sure: true };
  return null;
}

/** What is wrong with an entry for this client; null when nothing is. */
export function faultIn(entry: Entry, shape: ClientShape | undefined): Fault | null {
  const whole = rootFault(entry, shape);
  if (whole) return whole;
  const inner = firstServer(entry);
  if (inner && inner !== entry) return faultIn(inner, shape);
  const has = (key: string) => key in entry;
  const fault = (name: string, key = '', instead = '', sure = true): Fault => ({ fault: name, key, instead, sure });
  if (isObject(entry.command)) return shape?.commandObject ? null : fault('command-is-object', 'command');
  if (has('args') && !Array.isArray(entry.args)) return fault('args-not-list', 'args');
  const env = entry.env;
  if (has('env') && isObject(env) && Object.keys(env).length > 0 && Object.keys(env).every((key) => /^\d+$/.test(key)))
    return fault('env-not-object', 'env');
  if (!shape) return null;
  if (Array.isArray(entry.command) && !shape.list) return fault('command-is-list', 'command');
  if (typeof entry.command === 'string' && shape.list) return fault('command-is-text', 'command');
  const wrongEnv = ENVS.find((key) => has(key) && key !== shape.env);
  if (wrongEnv && !has(shape.env)) return fault('wrong-key', wrongEnv, shape.env);
  const url = URLS.find(has);
  const transport = isObject(entry.transport);
  if (url && !has('command') && !has('cmd')) {
    const [best] = shape.urls;
    if (best === undefined) return fault('remote-in-local', url);
    const type = typeof entry.type === 'string' ? entry.type : undefined;
    if (type !== undefined && shape.types?.includes(type) === false) return fault('wrong-type', type, shape.http);
    if (!shape.urls.includes(url)) return fault('wrong-key', url, best);
    if (type === undefined && shape.needsType !== 'no') return fault('no-type', 'type', shape.http);
    return null;
  }
  if (transport)
    return shape.urls.length === 0 ? fault('remote-in-local', 'transport') : fault('wrong-key', 'transport', 'type');
  const type = typeof entry.type === 'string' ? entry.type : undefined;
  if (type !== undefined && shape.types?.includes(type) === false && (has('command') || url))
    return fault('wrong-type', type, shape.stdio);
  return null;
}

/**
 * The text was parsed, and a value in it is of another kind than the reader wants: serde, Go, viper, pydantic, jsonschema, zod, valibot,
 * ajv, Jackson, System.Text.Json, Swift, Kotlin, and programs that did not check at all.
 */
export const WRONG_TYPE = [
  /invalid type: (?:sequence|map|string|integer|floating point|boolean|unit|null|newtype|enum|byte array|Option)\b.{0,400}?, expected \S|invalid (?:length|value) .{0,60}, expected (?:struct|a (?:map|sequence|tuple|string))|data did not match any variant of untagged enum|unknown variant `[^`]{1,60}`, expected/,
  /cannot unmarshal (?:!!(?:seq|map|str|int|bool)|array|object|string|number|bool)\b.{0,200} (?:into|of type)|expected (?:a map|type '[^']{1,60}'), got (?:unconvertible type )?'|' expected (?:a )?(?:map|type|slice)\b.{0,60}got/,
  /Input should be (?:a valid|an? instance|an object|'\w+'(?:,| or))|value is not a valid (?:dict|list|str)|is not of type '(?:object|array|string|boolean)'|'[\w.-]{1,40}' is a required property|Additional properties are not allowed/,
  /[Ee]xpected (?:an? )?(?:object|array|string|record|map|list|dict|table),? (?:but )?(?:got|received|found) (?:an? )?(?:object|array|string|record|map|list|dict|table|number|boolean|undefined|null|nil|none|sequence)\b|Invalid type: Expected \w+ but received/,
  /(?:invalid|bad|unexpected) ['"`](?:args|env|command|url|type|mcpServers|mcp_servers|servers)['"`]:|\bmcp(?:Servers|_servers)\.\S{1,80}:? (?:Required|[Ii]nvalid|[Ee]xpected|[Mm]issing|is required)/,
  /(?:^|[\s'"\]/.])(?:mcpServers?|mcp_servers|servers|args|env|command|data)\S{0,60} (?:must be|should be|is not|has to be) (?:an? )?(?:valid )?(?:object|array|string|map|mapping|list|table|dict)\b|must NOT have additional properties|must have required property/,
  /Cannot (?:deserialize|construct) (?:value|instance) of|JSON value could not be converted to|is required for type with serial name|typeMismatch\(|keyNotFound\(|Cannot coerce|wrong type for (?:key|field)/,
  /(?:mcpServers|mcp_servers|servers|mcpConfig|args|env)\b\)? (?:is not (?:iterable|a function)|object is not iterable)|['"](?:list|str|NoneType)['"] object has no attribute ['"](?:items|get|keys|values)['"]|(?:mcpServers|mcp_servers|\bargs|servers)\.(?:map|forEach|filter|items|entries|some) is not a function/,
];
