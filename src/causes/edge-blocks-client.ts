import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { afterSignIn } from './after-sign-in.js';
import { isRpc } from './answers.js';
import {
  BLOCKED,
  FAR,
  FORBIDDEN,
  FORWARD,
  HOSTED,
  OF_ORIGIN,
  REFUSED,
  refusedBy,
  SIGNED,
  SILENT,
  WITH_RULES,
} from './blocked.js';
import { type Certainty, defineCause, type Match } from './cause.js';
import { FAILED_START } from './consequences.js';
import { edgeAround, edgeNamed, edgeSaying } from './edges.js';
import { unreasoned } from './refusals.js';
import { targetOf } from './way.js';
import { find, WORDS, words } from './words.js';

interface Found extends Record<string, string | number | boolean | null> {
  edge: string;
  status: number | null;
  page: boolean;
  says: string | null;
  client: string | null;
}

const LIMITS =
  /\b(?:HTTP|status(?: code)?|code|error|got|returned)\W{1,10}(?:413|429)\b|\b413\b.{0,10}\b(?:Request|Payload|Content)\b|\bclient intended to send too large body\b|\b429 Too Many Requests\b/i;
/** Platforms that stand before a server. */
const BEFORE =
  /cloudflare|tunnel|ngrok|\bwaf\b|akamai|fastly|cloudfront|front ?door|\b(?:gcp|aws|azure)?-?[ln]?lb\b|load ?balancer|\bIAP\b/i;
const exchangesOf = ({ http }: Partial<Evidence>) => http?.exchanges ?? [];

export default defineCause({
  id: 'edge-blocks-client',
  title: 'A CDN, firewall or tunnel refuses the client before the server sees the request',
  culprit: 'edge',
  severity: 'broken',
  seenAs: [
    'Error POSTing to endpoint (HTTP 403)',
    'Streamable HTTP error: Error POSTing to endpoint: Sorry, you have been blocked',
    'HTTP 403 Forbidden',
    'Just a moment...',
    'Unexpected content type: text/html',
  ],
  needs: [],
  uses: [...WORDS, 'http', 'endpoint', 'launch'],
  explains: [
    ...FAILED_START,
    'handshake-refused',
    'handshake-nonconforming',
    'http-not-mcp',
    'http-endpoint-wrong',
    'http-server-error',
    'auth-credentials-missing',
    'auth-credentials-rejected',
    'edge-bad-gateway',
    'client-hosted-unreachable',
    'network-proxy-env-mishandled',
    'deploy-healthcheck-misconfigured',
  ],

  match(given): Match<Found> | null {
    const { handshake, reported } = given;
    if (handshake?.initialize.status === 'answered' || handshake?.discover.status === 'answered') return null;
    if (reported?.transport === 'stdio' && targetOf(given) === undefined) return null;
    const client = reported?.client ?? null;
    const refused = refusedBy(given);
    const lines = words(given);
    const said = find(lines, ...BLOCKED);
    const silent = find(lines, SILENT);
    if (refused) {
      const { certainty, cites, ...facts } = refused;
      return {
        certainty: said && certainty === 'possible' ? 'likely' : certainty,
        cites: [...cites, ...(said ? [said.line.at] : [])],
        facts: { ...facts, client },
      };
    }
    const forbidden = lines.find(
      ({ text, from }) => from === 'client' && FORBIDDEN.test(text) && !OF_ORIGIN.test(text),
    );
    // An answer in the words of the application came from the origin.
    const statuses = given.http?.exchanges.map(({ status = 0 }) => status).filter((status) => status > 0) ?? [];
    const own = given.http?.exchanges.some(
      ({ body, status = 0 }) => isRpc(body) || (status >= 200 && status < 300 && body !== undefined),
    );
    // A hosted client that never arrives behind an edge with such rules.
    const kept = silent && !own && statuses.length === 0 && FAR.test(edgeAround(given) ?? '') ? silent : null;
    // A forward proxy that will not open the way: its rule, or a host that it was never meant for.
    const tunnel = forbidden ?? find(lines, FORWARD)?.line;
    if (!said && !forbidden && kept)
      return {
        certainty: HOSTED.test(client ?? '') ? 'likely' : 'possible',
        cites: [kept.line.at],
        facts: { edge: edgeAround(given) ?? 'a firewall', status: null, page: false, says: null, client },
      };
    if (!said && tunnel && find(lines, FORWARD))
      return {
        certainty: 'possible',
        cites: [tunnel.at],
        facts: { edge: 'a forward proxy', status: 403, page: false, says: null, client },
      };
    // A hosted client that got its token and is never heard of again: the requests of its next machine do not arrive.
    const after = said || forbidden || !HOSTED.test(client ?? '') ? null : afterSignIn(given);
    if (after?.came === 'silence') {
      const edge = edgeAround(given);
      const before = edge !== null || BEFORE.test(reported?.platform ?? '');
      return {
        certainty: before ? 'likely' : 'possible',
        cites: [after.line.at],
        facts: { edge: edge ?? 'a firewall', status: null, page: false, says: null, client },
      };
    }
    // A size or a number that is exceeded: the edge's limit as often as the server's own.
    const limit = said || forbidden ? null : find(lines, LIMITS);
    const bare = exchangesOf(given).findIndex(({ status, purpose }) => purpose === 'reported' && status === 413);
    if (!said && !forbidden && (limit || bare >= 0))
      return {
        certainty: 'possible',
        cites: limit ? [limit.line.at] : [at('http', 'exchanges', bare)],
        facts: {
          edge: edgeAround(given) ?? 'a firewall',
          status: limit && /429/.test(limit.match[0]) ? 429 : 413,
          page: false,
          says: null,
          client,
        },
      };
    // A 403 without a word of its reason: servers mostly give one, rules of an edge do not.
    const thin = said ? null : unreasoned(given, 403);
    const guess: Match<Found> | null =
      thin === null
        ? null
        : {
            certainty: 'possible',
            cites: [thin],
            facts: { edge: edgeAround(given) ?? 'a firewall', status: 403, page: false, says: null, client },
          };
    if (!said && !forbidden) return guess;
    if (own && !said) return null;
    const signed = forbidden ? SIGNED.exec(forbidden.text)?.[0] : undefined;
    const edge = (said && edgeSaying(said.line.text)?.edge) || edgeAround(given) || (signed ? edgeNamed(signed) : null);
    const told = said?.line.text ?? '';
    const page = /challenge|moment|javascript|warning|ngrok|tunnel|protection|checkpoint|sso/i.test(told);
    let certainty: Certainty;
    if (said && (statuses.length === 0 || statuses.some((status) => REFUSED.has(status)))) certainty = 'likely';
    else if (said) certainty = 'possible';
    else if (edge && WITH_RULES.test(edge)) certainty = 'possible';
    else return guess;
    return {
      certainty,
      cites: [...new Set([said?.line.at, silent?.line.at, forbidden?.at].filter((cite) => typeof cite === 'string'))],
      facts: { edge: edge ?? 'a firewall', status: statuses[0] ?? null, page, says: null, client },
    };
  },
  say: ({ edge, status, page, says, client }) =>
    status === 413
      ? `${edge} refused the request (HTTP 413) before it reached the server: it is larger than the limit that stands there for a body${says ? ` (${says})` : ''}.`
      : `${edge === 'a firewall' ? 'A firewall or CDN' : edge} ${page ? 'answered with a page for people in a browser' : 'refused the request'}${status ? ` (HTTP ${status})` : ''} before it reached the server${says ? `: ${says}` : ''}. ${client ? `${client} is` : 'An MCP client is'} a program, and to such rules it looks like a bot; the log of the server shows nothing.`,
  fix: ({ edge, page, status }) => {
    if (status === 413)
      return [
        edge === 'nginx'
          ? {
              say: 'Raise the limit for the MCP path; arguments of tools can be long:',
              edit: { file: 'nginx.conf', at: 'location', to: 'client_max_body_size 16m;' },
              run: 'nginx -s reload',
            }
          : {
              say: `Raise the limit of a body in the settings of ${edge === 'a firewall' ? 'the edge' : edge} for the MCP path; arguments of tools can be long.`,
            },
        { say: 'Where the limit cannot be raised, send less: a reference to a file instead of its content.' },
      ];
    const steps: Record<string, { say: string; run?: string }[]> = {
      Cloudflare: [
        {
          say: 'In Cloudflare open Security > Events, find the request by its Ray ID and see which rule took it. Then add a WAF custom rule for the MCP path with the action Skip (all managed rules, Super Bot Fight Mode, rate limiting), before the others:',
          run: '(http.request.uri.path eq "/mcp") or starts_with(http.request.uri.path, "/.well-known/oauth-")',
        },
        {
          say: 'Under Security > Bots turn off "Block AI bots" for this host, or allow the user agent of the client (Claude-User, ChatGPT-User). Bot Fight Mode of the free plan knows no exceptions: switch it off, or give the server a host name that is not proxied.',
        },
      ],
      ngrok: [
        {
          say: 'Send the header ngrok-skip-browser-warning with any value from the client, or use a paid or reserved domain:',
          run: 'claude mcp add --transport http notes https://<name>.ngrok-free.app/mcp --header "ngrok-skip-browser-warning: 1"',
        },
      ],
      localtunnel: [
        {
          say: 'Send the header bypass-tunnel-reminder with any value from the client:',
          run: 'claude mcp add --transport http notes https://<name>.loca.lt/mcp --header "bypass-tunnel-reminder: 1"',
        },
      ],
      'VS Code dev tunnel': [
        {
          say: 'Make the port public, so that no sign-in stands before it:',
          run: 'devtunnel host -p <port> --allow-anonymous',
        },
      ],
      Vercel: [
        {
          say: 'Switch Deployment Protection off for this deployment (Settings > Deployment Protection), use the production domain, or send the bypass secret of the project as a header:',
          run: 'claude mcp add --transport http notes https://<deployment>.vercel.app/mcp --header "x-vercel-protection-bypass: <secret>"',
        },
      ],
      CloudFront: [
        {
          say: 'See in AWS WAF (Sampled requests) which rule matched, and let the MCP path pass it; the behaviour of that path must allow POST, DELETE and OPTIONS and forward all headers.',
        },
      ],
      nginx: [
        {
          say: 'Look for deny, limit_except, if ($http_user_agent ...) and modsecurity in the server block, and take the MCP location out of them:',
          run: 'nginx -T | grep -nE "deny|limit_except|http_user_agent|modsecurity"',
        },
      ],
      Envoy: [
        {
          say: 'Let the policy allow the path and the methods POST, GET and DELETE:',
          run: 'kubectl get authorizationpolicy -A',
        },
      ],
    };
    return [
      ...(steps[edge] ?? [
        {
          say: page
            ? 'Switch the page off for the MCP path, or send the header with which programs pass it by.'
            : 'Find the request in the log of the firewall, see which rule took it, and let the MCP path (and /.well-known/oauth-*) pass for POST, GET and DELETE with any user agent.',
        },
      ]),
      {
        say: 'Compare with and without the user agent of the client; the two answers must not differ:',
        run: 'curl -i -A "Claude-User" -X POST -H "content-type: application/json" -H "accept: application/json, text/event-stream" -d "{}" <url>',
      },
      {
        say: 'When only long or technical texts are refused, a rule of the firewall reads the body (SQL, shell, HTML): exempt the MCP path from body inspection.',
      },
    ];
  },
  why: 'Edges judge requests by user agent, address, missing cookies and the text of the body. MCP clients come without a browser, hosted ones from data centres, and tool arguments hold code. The refusal is a page in HTML or plain text that clients report as a wrong content type or a failed sign-in.',
  refs: [
    'https://developers.cloudflare.com/waf/custom-rules/skip/',
    'https://developers.cloudflare.com/bots/additional-configurations/block-ai-bots/',
    'https://ngrok.com/docs/errors/err_ngrok_6024',
    'https://vercel.com/docs/deployment-protection/methods-to-bypass-deployment-protection/protection-bypass-automation',
  ],
  examples: [
    {
      name: 'live, the limit of a body',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://mcp.example.com/mcp',
              atMs: 1,
              ms: 2,
              credentials: 'none',
              status: 413,
              headers: { server: 'nginx/1.22.1', 'content-type': 'text/html' },
              contentType: 'text/html',
              body: '<html>\r\n<head><title>413 Request Entity Too Large</title></head>\r\n<body>\r\n<center><h1>413 Request Entity Too Large</h1></center>\r\n<hr><center>nginx/1.22.1</center>\r\n</body>\r\n</html>',
            },
          ],
        },
      },
    },
    {
      name: 'live, a challenge',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://mcp.acme.dev/mcp',
              atMs: 0,
              ms: 9,
              credentials: 'none',
              status: 403,
              headers: {
                server: 'cloudflare',
                'cf-mitigated': 'challenge',
                'content-type': 'text/html; charset=UTF-8',
              },
              contentType: 'text/html; charset=UTF-8',
              body: '<!DOCTYPE html><html><head><title>Just a moment...</title>',
            },
          ],
        },
      },
    },
    {
      name: 'a hosted client and plain text of the edge',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        client: 'claude-ai',
        platform: 'cloudflare',
        url: 'https://mcp.acme.dev/mcp',
        http: { status: 403, headers: { 'content-type': 'text/plain', 'user-agent': 'Claude-User' } },
      },
    },
    {
      name: 'the page of Cloudflare in the words of SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Streamable HTTP error: Error POSTing to endpoint: <title>Attention Required! | Cloudflare</title> Sorry, you have been blocked',
      },
    },
    {
      name: 'the warning page of ngrok',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        url: 'https://a1b2.ngrok-free.app/mcp',
        http: {
          status: 200,
          headers: { 'content-type': 'text/html', 'ngrok-error-code': 'ERR_NGROK_6024' },
          body: '<!DOCTYPE html>',
        },
      },
    },
    {
      name: 'an authorization policy of Istio',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError: 'Error POSTing to endpoint (HTTP 403): RBAC: access denied',
      },
    },
    {
      name: "the server's own 403",
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        http: {
          status: 403,
          headers: { server: 'uvicorn', 'content-type': 'application/json' },
          body: '{"detail":"Forbidden"}',
        },
      },
    },
    {
      name: 'a host name that the SDK does not allow, behind Cloudflare',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'cloudflare',
        http: {
          status: 403,
          headers: { server: 'cloudflare' },
          body: '{"jsonrpc":"2.0","error":{"code":-32000,"message":"Invalid Host: mcp.acme.dev"},"id":null}',
        },
      },
    },
    {
      name: 'a token that is missing',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        platform: 'cloudflare',
        http: {
          status: 401,
          headers: { server: 'cloudflare', 'www-authenticate': 'Bearer error="invalid_token"' },
          body: 'Unauthorized',
        },
      },
    },
  ],
});
