import { at } from '../case/pointer.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { inContainer, isLoopback, listeners } from './listeners.js';
import { hostOf, isGatewayLog, targetOf } from './way.js';
import { find, WORDS, words } from './words.js';

const REFUSED_6 =
  /\bECONNREFUSED:? \[?::1\]?:(?<port>\d{2,5})|\[::1\]:(?<port2>\d{2,5}).{0,60}\b(?:refused|000)\b|\b(?:refused|connect(?:ing)? to|Trying)\b.{0,20}(?<!\.)\[?::1\]?(?::| port )(?<port3>\d{2,5}).{0,80}\b(?:refused|failed)|\('::1', (?<port4>\d{2,5})/i;
const REFUSED_4 =
  /\bECONNREFUSED:? 127\.0\.0\.1:(?<port>\d{2,5})|\b127\.0\.0\.1:(?<port2>\d{2,5}).{0,60}\b(?:refused|000)\b|\bConnect call failed \('127\.0\.0\.1', (?<port3>\d{2,5})/i;
/** One of the two works, as the person says; or what cured it. */
const WORKS =
  /\b(?:works?|answers?|ok|200|405|406|responds?|succeeds?|connects)\b.{0,40}(?:127\.0\.0\.1|\[::1\])|(?:127\.0\.0\.1|\[::1\]).{0,60}\b(?:works?|answers?|ok|20\d|40[056]|responds?|succeeds?|connects)\b/i;
const SAYS =
  /\blocalhost\b.{0,60}\b(?:resolv\w+|maps?|points?|goes|prefers?|looks? up)\b.{0,30}(?:::1|IPv6|IPv4|127\.0\.0\.1)|(?:\bIPv6|::1)\b.{0,40}\b(?:first|instead of|rather than|not|before|only|while|but)\b.{0,60}(?:IPv4|127\.0\.0\.1)|\b(?:IPv4|127\.0\.0\.1)\b.{0,40}\b(?:first|instead of|rather than|not|before|only|while|but)\b.{0,40}(?:IPv6|::1|localhost)|\b(?:use|using|replace|change|write|with)\b.{0,30}\b127\.0\.0\.1\b.{0,20}\b(?:instead|rather|not)\b|\blocalhost\b.{0,40}\binstead of\b.{0,20}127\.0\.0\.1|\b(?:listens?|listening|binds?|bound)\b.{0,20}\b(?:IPv[46]|tcp[46])\b.{0,10}(?:$|[.,;(])|\b(?:only|just) (?:listens?|listening|binds?|bound)\b.{0,30}\b(?:IPv[46]|127\.0\.0\.1|\[::1\])|\b(?:replac\w+|chang\w+|switch\w+|us(?:e|ing)|swapp?\w*)\b.{0,12}\blocalhost\b.{0,16}\b(?:by|with|to|for|→|->)\b.{0,6}127\.0\.0\.1|\b(?:chang\w+|switch\w+|mov\w+|us(?:e|ing)|set\w*)\b.{0,24}\b127\.0\.0\.1\b.{0,60}\b(?:fix\w*|works?|worked|solve[sd]?|help(?:s|ed)|resolve[sd]?)\b|\b(?:--dns-result-order|autoSelectFamily|ipv4first|verbatim)\b|localhost.{0,12}(?:改成|改为|換成|换成|替换为|を|에서).{0,12}127\.0\.0\.1|localhost.{0,20}解析.{0,12}(?:::1|IPv6)/i;
/** Versions of Node.js that take the first address of a name and try no other. */
const ONE_ADDRESS = /\bNode(?:\.js|JS)?\W{0,3}(?:version )?v?1[7-9]\b(?:\.\d+)*/i;
const FAILS =
  /\bfetch failed\b|refused|\btime[sd]? ?out\b|\btiming out\b|\btimeouts?\b|\bcannot connect\b|\bfail(?:s|ed)? to connect\b|\bECONN\w+|\b000\b|\bunable to connect\b/i;

type Found = { called: string; listens: string; port: number; name: string; wall: boolean };

const ADDRESS = { 4: '127.0.0.1', 6: '::1' } as const;

export default defineCause({
  id: 'network-loopback-family-mismatch',
  title: 'The client calls one loopback address and the server listens on the other',
  culprit: 'config',
  severity: 'broken',
  seenAs: [
    'connect ECONNREFUSED ::1:3000',
    'fetch failed',
    'SSE error: TypeError: fetch failed: connect ECONNREFUSED ::1:3000',
  ],
  needs: [],
  uses: [...WORDS, 'launch', 'network', 'http'],
  explains: [...FAILED_START, 'network-refused', 'edge-bad-gateway', 'container-loopback-bound'],

  match(given): Match<Found> | null {
    const { attempts = [], port: lookedPort = 0, host: looked = '' } = given.network ?? {};
    const open = attempts.findIndex(({ beside, error }) => beside && !error);
    const tried = attempts.filter(({ beside }) => !beside);
    if (open >= 0 && tried.length > 0 && tried.every(({ error }) => error?.code === 'ECONNREFUSED')) {
      const listens = attempts[open]?.address ?? '';
      return {
        certainty: 'certain',
        cites: [
          at('network', 'attempts', attempts.indexOf(tried[0] as (typeof attempts)[number]), 'error', 'message'),
          at('network', 'attempts', open, 'address'),
        ],
        facts: { called: tried[0]?.address ?? looked, listens, port: lookedPort, name: looked, wall: false },
      };
    }
    const { reported, handshake } = given;
    if (given.network || !reported || handshake || (reported.transport === 'stdio' && targetOf(given) === undefined))
      return null;
    const url = targetOf(given);
    const host = hostOf(url);
    const lines = words(given);
    // One of two curls that a person shows was answered: the other was not.
    const half =
      find(lines, /\blocalhost:\d{2,5}\S{0,40}.{0,30}(?:\(7\)|\b000\b|refused|failed)/i) && find(lines, WORKS);
    if (!half && given.http?.exchanges.some(({ status = 0 }) => status >= 200 && status !== 502 && status !== 503))
      return null;
    const six = find(lines, REFUSED_6);
    const four = find(lines, REFUSED_4);
    const heard = listeners(given).filter(({ address }) => address !== null);
    const on6 = heard.find(({ address }) => address === '::1');
    const on4 = heard.find(({ address }) => /^127\./.test(address ?? ''));
    // "localhost" in a banner is resolved by the server: Node.js takes ::1 where the system puts it first.
    const named = heard.find(({ address }) => address === 'localhost');
    // Another program (the proxy in the same image) may listen everywhere on a port of its own.
    const everywhere = heard.some(({ address, port: door }) => !isLoopback(address) && (!on6 || door === on6.port));
    const works = find(lines, WORKS);
    // NO_PROXY=127.0.0.1 cures something else.
    const says = find(
      lines.filter(({ text }) => !/prox(?:y|ies)\b/i.test(text)),
      SAYS,
    );
    const fails = find(lines, FAILS);
    const surroundings = `${reported.platform ?? ''} ${reported.client ?? ''} ${lines.map(({ text }) => text).join('\n')}`;
    const upstream = lines.some(({ text }) => /127\.0\.0\.1/.test(text)) || /127\.0\.0\.1/.test(reported.entry ?? '');
    const calls4 = Boolean(four) || host === '127.0.0.1' || upstream;
    const local = isLoopback(host) || host === undefined;
    const port = Number(
      six?.groups.port ??
        six?.groups.port2 ??
        six?.groups.port3 ??
        six?.groups.port4 ??
        four?.groups.port ??
        heard[0]?.port ??
        0,
    );
    let certainty: Certainty;
    let listens: 4 | 6;
    if (on6 && !on4 && !everywhere && calls4 && !(six && !works)) {
      certainty = 'likely';
      listens = 6;
    } else if (six && !four && (on4 || everywhere || works || says)) {
      certainty = 'likely';
      listens = 4;
    } else if (four && !six && (works || says || named) && local && !everywhere) {
      certainty = works || says ? 'likely' : 'possible';
      listens = 6;
    } else if (six && !four) {
      // A tunnel or proxy that looked for its server says no more than that nothing was there.
      // Go tells of the first address only, and has tried the other as well.
      certainty =
        local && !isGatewayLog(six.line.text) && !/\bdial tcp \[::1\]/.test(six.line.text) ? 'likely' : 'possible';
      listens = 4;
    } else if (host === 'localhost' && on6 && !on4 && !everywhere && fails) {
      certainty = 'likely';
      listens = 6;
    } else if (six && four) {
      // Both refused: mostly nobody listens at all.
      certainty = 'possible';
      listens = 4;
    } else if (half || (says && local)) {
      certainty = 'likely';
      listens = /\bIPv6 only\b|only (?:on )?\[?::1/i.test(says?.line.text ?? '') ? 6 : 4;
    } else if (
      host === 'localhost' &&
      fails &&
      !four &&
      (works || (on4 && !on6 && !everywhere && !inContainer(given)))
    ) {
      certainty = 'likely';
      listens = 4;
    } else if (host === 'localhost' && fails && !four && ONE_ADDRESS.test(surroundings)) {
      certainty = 'possible';
      listens = 4;
    } else return null;
    const cites = [six?.line.at, four?.line.at, (listens === 6 ? on6 : on4)?.at, works?.line.at, says?.line.at].filter(
      (cite) => typeof cite === 'string',
    );
    if (cites.length === 0 && fails) cites.push(fails.line.at);
    return {
      certainty,
      cites: [...new Set(cites)],
      facts: {
        called: ADDRESS[listens === 4 ? 6 : 4],
        listens: ADDRESS[listens],
        port,
        name: host ?? 'localhost',
        wall: upstream && host !== '127.0.0.1' && !four,
      },
    };
  },
  say: ({ called, listens, port, name, wall }) =>
    `${wall ? 'The proxy' : 'The client'} calls ${called === '::1' ? '[::1]' : called}${port ? `:${port}` : ''}${name === 'localhost' ? ' (that is what localhost resolved to)' : ''}, and the server listens on ${listens === '::1' ? '[::1]' : listens} only: IPv4 and IPv6 are two different doors, and this one is closed.`,
  fix: ({ listens, port, wall }) => {
    const address = listens === '::1' ? '[::1]' : listens;
    const door = port || '<port>';
    return [
      wall
        ? {
            say: 'Let the proxy call the address on which the server listens:',
            edit: { file: 'nginx.conf', at: 'location', to: `proxy_pass http://${address}:${door};` },
          }
        : {
            say: 'Write the address itself into the URL in place of localhost:',
            edit: { file: 'the client config', at: 'url', to: `"url": "http://${address}:${door}/mcp"` },
          },
      {
        say: 'Or let the server listen on 127.0.0.1, which every client can reach (Express: `app.listen(port, "127.0.0.1")`; FastMCP: `host="127.0.0.1"`; Vite and Next: `--host 127.0.0.1`).',
      },
      {
        say: 'See on which of the two it listens:',
        run: `ss -ltn | grep ${door}`,
        windows: `Get-NetTCPConnection -LocalPort ${door} -State Listen`,
      },
    ];
  },
  why: 'localhost has two addresses, 127.0.0.1 and ::1, and systems order them differently. Node.js has kept the order of the system since version 17, so a client may try ::1 while the server listens on 127.0.0.1, or a server that listens on "localhost" sits on ::1 alone. curl tries both, which hides it.',
  refs: [
    'https://nodejs.org/api/dns.html#dnssetdefaultresultorderorder',
    'https://github.com/nodejs/node/issues/40702',
  ],
  examples: [
    {
      name: 'live, the other address answers',
      finds: true,
      evidence: {
        network: {
          host: '127.0.0.1',
          port: 8181,
          tls: false,
          addresses: [{ address: '127.0.0.1', family: 4 }],
          attempts: [
            {
              address: '127.0.0.1',
              ms: 1,
              error: { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 127.0.0.1:8181', syscall: 'connect' },
            },
            { address: '::1', ms: 1, beside: true },
          ],
        },
      },
    },
    {
      name: 'Node.js took ::1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:3000/mcp',
        clientError: 'TypeError: fetch failed\n  [cause]: Error: connect ECONNREFUSED ::1:3000',
        serverLog: 'MCP server listening on http://127.0.0.1:3000',
      },
    },
    {
      name: 'the list of sockets',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://127.0.0.1:8181/mcp',
        clientError: 'connect ECONNREFUSED 127.0.0.1:8181',
        serverLog: 'LISTEN 0      511          [::1]:8181          [::]:*    users:(("node",pid=81,fd=21))',
      },
    },
    {
      name: 'a person who found the difference',
      finds: true,
      symptoms: {
        transport: 'sse',
        url: 'http://localhost:8931/sse',
        clientError: 'fetch failed. It works with http://127.0.0.1:8931/sse',
      },
    },
    {
      name: 'nothing listens on either',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://127.0.0.1:3000/mcp',
        clientError: 'connect ECONNREFUSED 127.0.0.1:3000',
      },
    },
    {
      name: 'another machine',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://10.0.0.4:3000/mcp',
        clientError: 'connect ECONNREFUSED 10.0.0.4:3000',
      },
    },
    {
      name: 'the server was reached',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        url: 'http://localhost:3000/mcp',
        http: { status: 404, body: 'Not Found' },
      },
    },
    {
      name: 'what cured it',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'vscode',
        clientError: 'Failed to connect. Replacing localhost by 127.0.0.1 fixed it',
      },
    },
    {
      name: 'a version of Node.js that tries one address',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        platform: 'Node.js v18.20.7',
        url: 'http://localhost:4300/mcp',
        clientError: 'TypeError: fetch failed',
      },
    },
    {
      name: 'one of two curls',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'fetch failed',
        stdout: 'curl http://127.0.0.1:7777/mcp -> 406\ncurl http://localhost:7777/mcp -> (7) Failed to connect',
      },
    },
    {
      name: 'an exemption from a proxy',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'HTTP 503 when Clash is on; setting NO_PROXY=localhost,127.0.0.1 solves it',
      },
    },
  ],
});
