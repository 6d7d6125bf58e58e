/**
 * The client that the conformance suite tests: our own wire and handshake, led through one scenario. The suite starts it with the URL
 * of its server and says in the environment which scenario and revision it plays; what only a person could decide is decided here.
 */
import type { Exchange } from '../../src/case/evidence.js';
import { Timeline } from '../../src/case/timeline.js';
import { readCatalog } from '../../src/probe/catalog.js';
import { openDiscover, openInitialize } from '../../src/probe/handshake.js';
import type { Answer, Outcome } from '../../src/wire/channel.js';
import { Client, type Tool } from '../../src/wire/client.js';
import { Connections } from '../../src/wire/connections.js';
import { type ClientCapabilities, MODERN, supportedRevision } from '../../src/wire/revisions.js';
import { StreamableHttpChannel } from '../../src/wire/streamable-http.js';
import { authOptions, LetIn } from './let-in.js';

const { MCP_CONFORMANCE_SCENARIO: scenario = '', MCP_CONFORMANCE_PROTOCOL_VERSION: revision = MODERN } = process.env;
const context = JSON.parse(process.env.MCP_CONFORMANCE_CONTEXT ?? '{}');
const url = process.argv[2] ?? '';
const timeoutMs = 30_000;
const clientInfo = { name: 'mcp-verdict', version: '0.0.0' };
const era = revision === MODERN ? 'discover' : 'initialize';

interface Form {
  properties: Record<string, { type?: string; default?: unknown }>;
}

/** A person who accepts every form as it stands: the values it proposes (SEP-1034). */
async function fillIn({ method, params }: { method: string; params?: Record<string, unknown> }): Promise<Answer> {
  if (method !== 'elicitation/create') return { error: { code: -32601, message: 'Method not found' } };
  const schema = params?.requestedSchema as Form | undefined;
  // A question without a proposal is answered with yes: nothing else is asked here.
  const content = Object.entries(schema?.properties ?? {}).map(([name, field]) => [
    name,
    field.default ?? field.type === 'boolean',
  ]);
  return { result: { action: 'accept', content: Object.fromEntries(content) } };
}

const asksForms = scenario.startsWith('elicitation-') || scenario === 'sep-2322-client-request-state';
const capabilities: ClientCapabilities = asksForms ? { elicitation: {} } : {};

const connections = new Connections({ connectTimeoutMs: timeoutMs });
const from = performance.now();
const timeline = new Timeline(() => performance.now() - from);
const exchanges: Exchange[] = [];
const options = {
  url,
  headers: {},
  userAgent: 'mcp-verdict/0.0.0',
  urlHasCredentials: false,
  answer: fillIn,
  resume: true,
};
const http = new StreamableHttpChannel(options, connections, timeline, exchanges);
const lab = { ...options, clientInfo, timeoutMs, connections, timeline, exchanges };
const channel = new LetIn(http, lab, await authOptions(scenario, context));
const client = new Client(channel, { era, clientInfo, timeoutMs, capabilities, provide: fillIn });

/** What must have a result for the scenario to be played to its end. */
function wanted(outcome: Outcome): Record<string, unknown> {
  if (outcome.kind === 'result') return outcome.result;
  throw new Error(`no result: ${JSON.stringify(outcome)}`);
}

async function open() {
  if (era === 'initialize') return openInitialize(channel, clientInfo, timeoutMs, revision, capabilities);
  const first = await openDiscover(channel, clientInfo, timeoutMs, capabilities);
  // The server names the revisions it knows: where one of them is ours, it is asked again.
  const again = first.error?.code === -32022 && supportedRevision(JSON.parse(first.error.data ?? '{}').supported);
  return again === MODERN ? openDiscover(channel, clientInfo, timeoutMs, capabilities) : first;
}

const ARGUMENTS: Record<string, Record<string, unknown>> = {
  add_numbers: { a: 5, b: 3 },
  valid_tool: { region: 'eu' },
};

/** Call every tool there is, at the same time. */
async function callAll(tools: Tool[]): Promise<void> {
  const outcomes = await Promise.all(tools.map((tool) => client.call(tool, ARGUMENTS[tool.name])));
  outcomes.forEach(wanted);
}

const play: Record<string, (tools: Tool[]) => Promise<void>> = {
  async 'http-custom-headers'(tools) {
    for (const { name, arguments: args } of context.toolCalls)
      wanted(await client.call(tools.find((tool) => tool.name === name) as Tool, args));
  },
  async 'http-standard-headers'(tools) {
    await callAll(tools);
    const [resources, prompts] = [
      await client.list('resources/list', 'resources'),
      await client.list('prompts/list', 'prompts'),
    ];
    for (const { uri } of resources) wanted(await client.request('resources/read', { uri }));
    for (const { name } of prompts) wanted(await client.request('prompts/get', { name }));
  },
  async 'json-schema-2020-12-preservation'(tools) {
    const [echo, rich] = [
      tools.find(({ name }) => name === 'json_schema_echo'),
      tools.find(({ name }) => name !== 'json_schema_echo'),
    ];
    wanted(await client.call(echo as Tool, { schema: rich?.inputSchema }));
  },
  // Its tools are there to be looked at.
  async 'json-schema-ref-no-deref'() {},
};

try {
  const opened = await open();
  if (opened.status !== 'answered') throw new Error(`not opened: ${JSON.stringify(opened)}`);
  // Whoever can be asked something must be reachable.
  if (asksForms && era === 'initialize') await http.listen(timeoutMs);
  // What every verification reads.
  await readCatalog({ channel, era, clientInfo, timeoutMs }, opened);
  if (opened.capabilities?.includes('tools')) await (play[scenario] ?? callAll)(await client.tools());
  await http.end(timeoutMs);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
} finally {
  await channel.close();
  connections.close();
}
