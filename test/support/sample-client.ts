/** A client that does not exist, of which everything is known: a server on the list of the SDK, in the open folder, 30 s. */
import { type Client, defineClient } from '../../src/clients/client.js';

/** Parts of the sample that a test wants otherwise. */
export type Otherwise = Partial<Omit<Client, 'launch' | 'handshake' | 'http' | 'limits' | 'entry'>> & {
  launch?: Partial<Client['launch']>;
  handshake?: Partial<Client['handshake']>;
  http?: Partial<Client['http']>;
  limits?: Partial<Client['limits']>;
  entry?: Partial<Client['entry']>;
};

export const sampleClient = ({ launch, handshake, http, limits, entry, ...rest }: Otherwise = {}): Client =>
  defineClient({
    id: 'sample',
    name: 'Sample',
    file: 'sample.json',
    is: /^sample$/i,
    places: [],
    notRead: [],
    precedence: null,
    entry: {
      command: { key: 'command', holds: 'program' },
      args: 'args',
      env: 'env',
      cwd: 'cwd',
      url: ['url'],
      headers: 'headers',
      type: { key: 'type', needed: 'no', stdio: 'stdio', http: 'http', sse: 'sse', words: null },
      urlWithoutType: 'http',
      both: null,
      timeouts: [],
      off: null,
      others: null,
      unknownKey: null,
      name: null,
      ...entry,
    },
    variables: { forms: [], fields: null, unset: null },
    launch: {
      kind: 'terminal',
      environment: { policy: 'sdk' },
      shell: false,
      windows: { how: 'finds' },
      cwd: 'project',
      startMs: 30_000,
      callMs: 60_000,
      ...launch,
    },
    handshake: {
      name: 'sample-client',
      version: '3.1.0',
      protocolVersion: '2025-06-18',
      capabilities: {},
      probes: [],
      exactRevision: false,
      ...handshake,
    },
    http: { order: ['streamable-http'], fallsBack: false, origin: 'local', getMustBe405: false, oauth: true, ...http },
    limits: { tools: null, toolName: null, description: null, schema: null, ...limits },
    logs: [],
    errors: [],
    defects: [],
    reload: 'Restart Sample.',
    sources: [],
    doubts: {},
    ...rest,
  });
