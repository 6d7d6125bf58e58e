import { at } from '../case/pointer.js';
import { type Certainty, defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { portTold } from './deployments.js';
import {
  behindPort,
  entryAt,
  entryText,
  inContainer,
  isGone,
  isLoopback,
  listeners,
  published,
  wasReached,
} from './listeners.js';
import { hostOf, targetOf } from './way.js';
import { find, WORDS, words } from './words.js';

/** The connection led nowhere, in any wording. */
const FAILED =
  /\bECONNREFUSED\b|\brefused\b|\bAll connection attempts failed\b|\bECONNRESET\b|\breset\b|\bempty reply\b|\bfetch failed\b|\b(?:un|not )reachable\b|\b(?:can(?:no|')t|cannot|could not|unable to|failed to) (?:\w+ )?(?:reach|connect|access|register|list)\w*|\bconnection (?:failed|error|closed)\b|\bnot (?:published|exposed|mapped)\b/i;
/** `docker ps` shows a port that is exposed and not published. */
const UNPUBLISHED =
  /(?:^|\s)(?<port>\d{2,5})\/tcp\b(?!.*->)|\b(?:port|it)\b.{0,30}\b(?:is |was )?(?:not|never) (?:published|mapped|exposed)\b/i;
/** Programs that call MCP servers and are mostly run from an image. */
const CLIENT_INSIDE =
  /\b(?:n8n|dify|flowise|langflow|open[- ]?webui|librechat|metamcp|mcpjungle|anything[- ]?llm|lobe\w*|docker[- ]mcp|mcp[- ]?gateway|agentgateway|litellm|onyx|ragflow|maxkb|fastgpt)\b/i;
/** Programs that a user starts on the desktop. */
const CLIENT_OUTSIDE =
  /claude|cursor|vs ?code|vscode|windsurf|cline|zed|goose|codex|gemini|inspector|opencode|copilot|continue|curl/i;
const OTHER = /\bgetaddrinfo\b|\bENOTFOUND\b|certificate|\bCERT_|SELF_SIGNED|\bno such host\b/i;
const PORT_SET = /\b\w{0,30}PORT"?[=:] ?"?(?<port>\d{2,5})\b|--port[ =",]{1,4}(?<arg>\d{2,5})\b/i;

const portOf = (url: string | undefined): number | null =>
  url !== undefined && URL.canParse(url) && new URL(url).port ? Number(new URL(url).port) : null;

export default defineCause({
  id: 'container-port-mismatch',
  title: 'The published port or the host name does not lead to the listener in the container',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'connect ECONNREFUSED 127.0.0.1:8000',
    'fetch failed',
    'All connection attempts failed',
    'Failed to connect to MCP Server',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http', 'network'],
  explains: [...FAILED_START, 'network-refused', 'container-loopback-bound'],

  match(given) {
    const { reported, handshake, network } = given;
    const behind = behindPort(given);
    if (network?.published && (behind === 'other-port' || behind === 'unknown')) {
      const { port, listens = [] } = network.published;
      return {
        certainty: behind === 'other-port' ? 'certain' : 'possible',
        cites: [at('network', 'published')],
        facts: {
          inside: false,
          url: null,
          wanted: network.port,
          published: network.port,
          target: port,
          listens: (listens.find(({ address }) => !isLoopback(address)) ?? listens[0])?.port ?? null,
        },
      };
    }
    const url = targetOf(given);
    if (!reported || handshake || wasReached(given) || isGone(given)) return null;
    if ((reported.transport === 'stdio' || (given.launch && !reported.transport)) && url === undefined) return null;
    const all = words(given);
    const inner = `${reported.client ?? ''} ${reported.platform ?? ''} ${entryText(given)} ${all.map(({ text }) => text.slice(0, 60)).join(' ')}`;
    const clientInside = CLIENT_INSIDE.test(inner) && !CLIENT_OUTSIDE.test(reported.client ?? '');
    const place = inContainer(given) ?? (clientInside ? { at: entryAt(given) ?? all[0]?.at ?? '' } : null);
    if (!place || place.at === '') return null;
    const local = isLoopback(hostOf(url));
    // A name that does not resolve or a certificate has nothing to do with ports.
    if (find(all, OTHER)) return null;
    const failed = find(
      all.filter(({ from }) => from !== 'server-log' || clientInside),
      FAILED,
    );
    const unpublished = find(all, UNPUBLISHED);
    const pairs = published(given);
    const heard = listeners(given).filter(({ port }) => port > 0);
    const set = PORT_SET.exec(entryText(given))?.groups;
    const wanted = portOf(url);
    const listens = heard[0]?.port ?? null;
    const off =
      pairs.length > 0 &&
      heard.length > 0 &&
      !heard.some(({ port }) => pairs.some(({ container }) => container === port));
    const missed = pairs.length > 0 && local && wanted !== null && !pairs.some(({ host }) => host === wanted);
    // Somebody says it: this port is exposed, and that one is listened on.
    const prose = portTold(all.filter(({ from }) => from === 'client'));
    const told = prose?.wanted && prose.got ? prose : null;
    const setPort = Number(set?.port ?? set?.arg ?? 0);
    const unlike = pairs.length > 0 && setPort > 0 && !pairs.some(({ container }) => container === setPort);
    let certainty: Certainty;
    if (off || missed || unlike || (unpublished && (failed || wanted !== null))) certainty = 'likely';
    else if (local && clientInside && (failed || all.length > 0)) certainty = 'likely';
    else if (clientInside && failed && !url) certainty = 'possible';
    else if (failed || told || (pairs.length > 0 && all.length === 0)) certainty = 'possible';
    else return null;
    const client = local && clientInside && !off && !missed;
    return {
      certainty,
      cites: [
        ...new Set(
          [
            off ? heard[0]?.at : null,
            unpublished?.line.at,
            pairs.length > 0 ? entryAt(given) : null,
            failed?.line.at,
            told?.line.at,
            url !== undefined && reported.url !== undefined ? at('reported', 'url') : null,
            place.at,
          ].filter((cite) => typeof cite === 'string'),
        ),
      ],
      facts: {
        inside: client,
        url: url ?? null,
        wanted,
        published: pairs[0]?.host ?? null,
        target: pairs[0]?.container ?? null,
        listens: off ? listens : unlike ? setPort : listens,
      },
    };
  },
  say: ({ inside, url, published: host, target, listens, wanted }) => {
    if (inside)
      return `The client itself runs in a container, where ${url ?? 'localhost'} is the container of the client: nothing listens there.`;
    if (target !== null && listens !== null && target !== listens)
      return `The container publishes port ${host} to its port ${target}, but the server in it listens on port ${listens}.`;
    if (host !== null && wanted !== null && host !== wanted)
      return `The URL calls port ${wanted}, but the container publishes port ${host}.`;
    return `The port${wanted ? ` ${wanted}` : ''} that is called does not lead to the server in its container: it is not published, or published to another port than the one it listens on.`;
  },
  fix: ({ inside, published: host, target, listens, wanted }) => {
    const port = listens ?? target ?? wanted ?? '<port>';
    const outer = wanted ?? host ?? port;
    return inside
      ? [
          {
            say: 'From a container, call the server by its service name when it runs in the same compose project or network, or by host.docker.internal when it runs on the host (on Linux with the line below):',
            edit: {
              file: 'the client config and compose.yaml',
              at: 'url',
              to: `"url": "http://host.docker.internal:${wanted ?? '<port>'}/mcp"\nextra_hosts: ["host.docker.internal:host-gateway"]`,
            },
          },
          { say: 'A server on the host must then listen on 0.0.0.0 and allow that host name.' },
        ]
      : [
          {
            say: 'Publish the port on which the server really listens (first the port of the host, then the one in the container):',
            run: `docker run -p ${outer}:${port} <image>`,
            edit: { file: 'compose.yaml', at: 'ports', to: `ports: ["${outer}:${port}"]` },
          },
          {
            say: 'See what is published, and on which port the server listens:',
            run: 'docker port <container>; docker logs <container> | tail -n 20',
          },
          { say: 'In Kubernetes, targetPort of the Service must equal that port.' },
        ];
  },
  why: 'A published port is a promise about a number: nothing checks that a program listens on it. EXPOSE publishes nothing, a variable PORT moves only servers that read it, and localhost in a container is that container.',
  refs: [
    'https://docs.docker.com/engine/network/port-publishing/',
    'https://docs.docker.com/desktop/features/networking/#i-want-to-connect-from-a-container-to-a-service-on-the-host',
  ],
  examples: [
    {
      name: 'live, the engine and the kernel tell',
      finds: true,
      evidence: {
        network: {
          host: 'localhost',
          port: 8002,
          tls: false,
          addresses: [{ address: '127.0.0.1', family: 4, range: 'loopback' }],
          attempts: [{ address: '127.0.0.1', ms: 1 }],
          published: {
            engine: 'docker',
            container: 'notes',
            image: 'acme/notes-mcp',
            port: 3000,
            listens: [{ address: '0.0.0.0', port: 8080 }],
          },
        },
      },
    },
    {
      name: 'live, the port is right and the program listens there',
      finds: false,
      evidence: {
        network: {
          host: 'localhost',
          port: 8002,
          tls: false,
          addresses: [{ address: '127.0.0.1', family: 4, range: 'loopback' }],
          attempts: [{ address: '127.0.0.1', ms: 1 }],
          published: {
            engine: 'docker',
            container: 'notes',
            image: 'acme/notes-mcp',
            port: 3000,
            listens: [{ address: '::', port: 3000 }],
          },
        },
      },
    },
    {
      name: 'published to another port than the one of the log',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        entry: { image: 'acme/notes-mcp', ports: ['8002:8002'] },
        url: 'http://localhost:8002/mcp',
        clientError: 'curl: (56) Recv failure: Connection reset by peer',
        serverLog: 'INFO:     Uvicorn running on http://0.0.0.0:8001 (Press CTRL+C to quit)',
      },
    },
    {
      name: 'a client in a container calls localhost',
      finds: true,
      symptoms: {
        transport: 'sse',
        client: 'n8n',
        platform: 'docker',
        url: 'http://localhost:8931/sse',
        clientError: 'McpClientTool: Failed to connect to MCP Server',
      },
    },
    {
      name: 'the URL has another port than the one published',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'cursor',
        entry: { command: 'docker', args: ['run', '-d', '-p', '9000:8000', 'acme/notes-mcp'] },
        url: 'http://localhost:8000/mcp',
        clientError: 'fetch failed: connect ECONNREFUSED 127.0.0.1:8000',
        serverLog: 'Uvicorn running on http://0.0.0.0:8000',
      },
    },
    {
      name: 'exposed and not published',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-code',
        url: 'http://localhost:8001/mcp',
        clientError: 'connection refused',
        serverLog:
          'c0ffee  acme/notes-mcp  "python server.py"  2 minutes ago  Up 2 minutes  8001/tcp  notes\nServer listening on 0.0.0.0:8001',
        platform: 'docker',
      },
    },
    {
      name: 'the ports agree and the server answers',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        entry: { image: 'acme/notes-mcp', ports: ['8000:8000'] },
        url: 'http://localhost:8000/mcp',
        http: { status: 421, body: 'Invalid Host header' },
      },
    },
    {
      name: 'no container in sight',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        client: 'cursor',
        url: 'http://localhost:8000/mcp',
        clientError: 'connect ECONNREFUSED 127.0.0.1:8000',
      },
    },
    {
      name: 'a container over stdio',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'docker', args: ['run', '-i', '--rm', 'acme/notes-mcp'] },
        stderr: 'Error: connect ECONNREFUSED 127.0.0.1:5432',
        exitCode: 1,
      },
    },
  ],
});
