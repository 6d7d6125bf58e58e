import { at } from '../case/pointer.js';
import { type Certainty, defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { behindPort, entryAt, entryText, inContainer, isGone, isLoopback, listeners, wasReached } from './listeners.js';
import { hostOf, targetOf } from './way.js';
import { find, WORDS, words } from './words.js';

/** The port mapping takes the connection and has nobody to hand it to: it resets it, or ends it without a byte. */
const CUT =
  /\bECONNRESET\b|\bconnection (?:was )?reset\b|\breset by peer\b|\bempty reply from server\b|\bERR_EMPTY_RESPONSE\b|\bERR_CONNECTION_RESET\b|\bcurl: \((?:52|56)\)|\bother side closed\b|\bsocket hang up\b|\bserver disconnected without sending a response\b|\bRemoteProtocolError\b|\bunexpected EOF\b|\bempty (?:response|reply)\b|\bresponse (?:is|was) empty\b|\b(?:closed|ended|dropped) (?:the )?connection without (?:sending|a|any)\b|\bRemoteDisconnected\b|\bRemote end closed connection\b|\bdidn.t send any data\b|\bno (?:data|response|bytes) (?:was |were )?(?:received|returned|sent)\b|\bheader parser received no bytes\b|\bconnection closed before (?:message|headers?|response)\b|\bincomplete message\b|\bsocket connection was closed unexpectedly\b|\bresponse ended prematurely\b|\bServerDisconnectedError\b|\bUnexpected end of file from server\b|\bIncompleteMessage\b|\bend of file reached\b|\bos error (?:104|54|10054)\b|\[Errno (?:104|54|10054)\]|\bWinError 10054\b|\bcURL error (?:52|56)\b|\bNSURLErrorDomain.{0,20}-1005\b|\bnetwork connection was lost\b|\bforcibly closed by the remote host\b|(?:\/mcp|\/sse)"?: EOF\b/i;
/** From a container beside it, or from a probe of Kubernetes, the port is simply closed. */
const REFUSED =
  /\bECONNREFUSED\b|\bconnection refused\b|\bConnectionRefused\w*\b|\b(?:actively )?refused it\b|\bAll connection attempts failed\b|\bcurl: \(7\)|\[Errno (?:111|61)\]|\bos error (?:111|61)\b/i;
const UNREACHED =
  /\b(?:un|not )reachable\b|\b(?:can(?:no|')t|cannot|could not|unable to|failed to) (?:be )?(?:reach|connect|access)(?:ed)?\b|\bfetch failed\b|\bconnection (?:failed|error|closed)\b/i;
/** The setting itself: an argument, a variable, a line of code. */
const SET =
  /(?:--(?:host|bind|address|listen)(?:name)?[ =",]{1,4}|\b\w{0,30}(?:HOST|BIND|LISTEN)\w{0,10}"?[=:] ?"?|\bhost ?= ?["'])(?:127\.0\.0\.1|localhost)\b/i;
/** It works from inside. */
const INSIDE =
  /\b(?:works?|200|ok|answers?|reachable|responds?)\b.{0,60}\b(?:inside|within|in) (?:the |a )?container\b|\b(?:inside|within) (?:the |a )?container\b.{0,60}\b(?:works?|200|ok|answers?|reachable|responds?)\b/i;
/** What cures it tells what it is. */
const CURED =
  /(?<!Running on |running on |listening on )(?:--host|--bind|\bHOST|\bhost|\bbind(?:ing)?|\blisten(?:ing)?)(?: address)?(?: to| on| with)?[ =:"']{1,3}0\.0\.0\.0\b(?!:\d)/;
/** A name that does not resolve, a certificate: nothing that a listener decides. */
const OTHER = /\bgetaddrinfo\b|\bENOTFOUND\b|certificate|\bCERT_|SELF_SIGNED|\bno such host\b/i;
/** A published or a neighbouring port is what is called; a client in a container that calls its own localhost has another fault. */
const CLIENT_INSIDE =
  /\b(?:n8n|dify|flowise|langflow|open[- ]?webui|librechat|metamcp|mcpjungle|anything[- ]?llm|lobe\w*)\b/i;

export default defineCause({
  id: 'container-loopback-bound',
  title: 'The server in the container listens on loopback only',
  culprit: 'server',
  severity: 'broken',
  seenAs: [
    'connect ECONNREFUSED',
    'fetch failed: other side closed',
    'curl: (56) Recv failure: Connection reset by peer',
    'Empty reply from server',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'http', 'network'],
  explains: [...FAILED_START, 'network-refused', 'lifetime-idle-cut'],

  match(given) {
    const { reported, handshake, network } = given;
    const behind = behindPort(given);
    if (behind === 'loopback' || behind === 'unknown') {
      const { port = 0, listens = [] } = network?.published ?? {};
      const there = listens.find((place) => place.port === port);
      return {
        certainty: behind === 'loopback' ? 'certain' : 'likely',
        cites: [at('network', 'published')],
        facts: { address: there ? `${there.address}:${port}` : null, port, cut: true, kubernetes: false },
      };
    }
    const url = targetOf(given);
    if (!reported || handshake || wasReached(given) || isGone(given)) return null;
    if ((reported.transport === 'stdio' || (given.launch && !reported.transport)) && url === undefined) return null;
    const place = inContainer(given);
    // A server that speaks over stdio listens nowhere.
    if (!place || words(given).some(({ text, from }) => from !== 'client' && /\bstdio\b/i.test(text))) return null;
    const heard = listeners(given);
    const loop =
      heard.find(({ address }) => isLoopback(address) && address !== '::1') ??
      heard.find(({ address }) => isLoopback(address));
    if (heard.some(({ address }) => /^(?:0\.0\.0\.0|::|\*)$/.test(address ?? ''))) return null;
    // The server's own log speaks of what it needs itself.
    const told = words(given).filter(({ from }) => from !== 'server-log');
    const set = SET.test(entryText(given)) ? entryAt(given) : null;
    const setLine = set ? null : find(words(given), SET);
    const cut = find(told, CUT);
    const refused = find(told, REFUSED);
    const inside = find(words(given), INSIDE, CURED);
    const unreached = find(told, UNREACHED);
    const own =
      isLoopback(hostOf(url)) &&
      (CLIENT_INSIDE.test(reported.client ?? '') || CLIENT_INSIDE.test(reported.platform ?? ''));
    let certainty: Certainty;
    if (loop || set || setLine || inside) certainty = 'likely';
    else if (heard.length > 0) return null;
    else if (cut || refused) certainty = own ? 'possible' : 'likely';
    else if (
      unreached &&
      !find(words(given), OTHER) &&
      !CLIENT_INSIDE.test(
        `${reported.client ?? ''} ${words(given)
          .map(({ text }) => text.slice(0, 60))
          .join(' ')}`,
      )
    )
      certainty = 'possible';
    else return null;
    const failure = (cut ?? refused ?? unreached)?.line.at;
    return {
      certainty,
      cites: [
        ...new Set(
          [loop?.at, set, setLine?.line.at, inside?.line.at, failure, place.at].filter(
            (cite) => typeof cite === 'string',
          ),
        ),
      ],
      facts: {
        address: loop ? `${loop.address}${loop.port ? `:${loop.port}` : ''}` : null,
        port: loop?.port || null,
        cut: cut !== null && cut !== undefined,
        kubernetes: /kubernetes|k8s|kubectl|\bpod\b/i.test(`${reported.platform ?? ''} ${entryText(given)}`),
      },
    };
  },
  say: ({ address, cut, kubernetes }) =>
    `${address ? `The server listens on ${address}` : 'The server seems to listen on 127.0.0.1'} inside its container. That is the loopback of the container alone: ${kubernetes ? 'probes and services come to the address of the pod' : cut ? 'the published port takes the connection, finds nobody behind it and breaks it off' : 'other containers and the host find the port closed'}.`,
  fix: ({ port }) => [
    {
      say: 'Let the server listen on all addresses of its container: `--host 0.0.0.0`, or the variable or line of its framework (FastMCP: `mcp.run(transport="http", host="0.0.0.0")`; Express: `app.listen(port, "0.0.0.0")`; ASP.NET: ASPNETCORE_URLS=http://+:8080; Spring: server.address=0.0.0.0).',
      edit: { file: 'compose.yaml or Dockerfile', at: 'environment', to: 'HOST=0.0.0.0' },
    },
    {
      say: 'Keep it from the network all the same by publishing the port on the loopback of the host, and list the host names the server may be called by (an SDK that listens on 0.0.0.0 checks the Host header only when told to):',
      run: `docker run -p 127.0.0.1:${port ?? '<port>'}:${port ?? '<port>'} <image>`,
    },
    { say: 'See on which address it listens:', run: 'docker exec <container> sh -c "ss -ltn || netstat -ltn"' },
  ],
  why: 'Each container has a loopback interface of its own. Many MCP servers listen on 127.0.0.1 by default, which is right on a desktop and unreachable in a container: the port mapping and the neighbours come in through another interface.',
  refs: ['https://docs.docker.com/engine/network/port-publishing/', 'https://gofastmcp.com/deployment/running-server'],
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
            listens: [{ address: '127.0.0.1', port: 3000 }],
          },
        },
      },
    },
    {
      name: 'live, it listens on another port',
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
            listens: [{ address: '0.0.0.0', port: 8080 }],
          },
        },
      },
    },
    {
      name: 'a neighbour is refused',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        clientError: 'connect ECONNREFUSED 172.18.0.3:3000',
      },
    },
    {
      name: 'the list of sockets in the container',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        clientError: 'connection reset',
        serverLog: 'tcp        0      0 127.0.0.1:3001          0.0.0.0:*               LISTEN      1/node',
      },
    },
    {
      name: 'the banner of Uvicorn, and an empty reply',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        entry: { command: 'docker', args: ['run', '-p', '8000:8000', 'acme/notes-mcp'] },
        url: 'http://localhost:8000/mcp',
        clientError: 'curl: (52) Empty reply from server',
        serverLog: 'INFO:     Uvicorn running on http://127.0.0.1:8000 (Press CTRL+C to quit)',
      },
    },
    {
      name: 'the address is set in the compose file',
      finds: true,
      symptoms: {
        transport: 'sse',
        entry: { image: 'acme/notes-mcp', ports: ['3000:3000'], environment: ['HOST=127.0.0.1', 'PORT=3000'] },
        clientError: 'fetch failed',
      },
    },
    {
      name: 'it listens on every address',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        clientError: 'connection refused',
        serverLog: 'INFO:     Uvicorn running on http://0.0.0.0:8000 (Press CTRL+C to quit)',
      },
    },
    {
      name: 'no container in sight',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://127.0.0.1:3000/mcp',
        clientError: 'connect ECONNREFUSED 127.0.0.1:3000',
      },
    },
    {
      name: 'the database of a server in a container',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        serverLog: 'Error: connect ECONNREFUSED 127.0.0.1:5432',
      },
    },
    {
      name: 'a container over stdio',
      finds: false,
      symptoms: {
        transport: 'stdio',
        entry: { command: 'docker', args: ['run', '-i', '--rm', 'acme/notes-mcp'] },
        stderr: 'connect ECONNREFUSED 127.0.0.1:5432',
        exitCode: 1,
      },
    },
    {
      name: 'a published port that ends at once, Bun',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'docker',
        url: 'http://localhost:3000/mcp',
        clientError: 'The socket connection was closed unexpectedly.',
      },
    },
  ],
});
