import { ANSWERS, answers, refusedRequests } from './answers.js';
import { defineCause, type Match } from './cause.js';
import { BLAMES, challengeOf, entryCarries, MISSES, missesHeader, NO_ROUTE } from './challenge.js';
import { FAILED_START } from './consequences.js';
import { edgeAnswer } from './edges.js';
import { misled } from './oauth-complaint.js';
import { lookedWalk, signedInWalk } from './oauth-example.js';
import { serverDocument } from './oauth-faults.js';
import { faultsOf } from './oauth-steps.js';
import { fromWalk, isOurs } from './oauth-walk.js';
import { serverWords, targetOf, wayWords } from './way.js';
import { find } from './words.js';

const SAID = [
  /\bPOSTing to endpoint\b.{0,200}?(?:\bunauthori[sz]ed\b|not authenticated|authorization required|missing (?:authorization|bearer|api[_ -]?key|token))/i,
  /(?:\bHTTP|\bstatus(?: code)?|\bcode|endpoint|SSE error)\W[^\d]{0,30}401\b/i,
  /\b401\b[ ,:]*(?:\(?unauthori[sz]ed)?/i,
  /^\W*(?:error: )?unauthori[sz]ed\W*$|^\W*(?:[\w -]{1,30}: )?unauthori[sz]ed[,.;:] /i,
  /\bmissing (?:required )?authori[sz]ation header\b/i,
  /\b(?:needs|requires?) auth(?:entication|orization)\b/i,
  // The client of Rust, and those that are built on it.
  /^\W*(?:\w+ ?)?(?:error:? )?\bauth\w* (?:is )?required\b(?!.{0,40}\b(?:register|client))/i,
  // The client of Rust, when it prints the error as it is.
  /\bAuthRequired(?:Error)?\b ?[({]/,
  // Go and .NET say the status in words: `calling "initialize": Unauthorized`.
  /\b(?:connect\w*|initiali[sz]e\w*|request|server|transport|send\w*|endpoint|error|failed)\b.{0,60}\bunauthori[sz]ed\b/i,
];

/** What opens a platform that lets in only callers it knows. */
const INVOKERS: Record<string, { everybody: string; somebody: string }> = {
  'Cloud Run': {
    everybody: 'gcloud run services add-iam-policy-binding <service> --member=allUsers --role=roles/run.invoker',
    somebody: 'TOKEN=$(gcloud auth print-identity-token) mcp-verdict verify --bearer-env TOKEN <url>',
  },
  'AWS Lambda function URL': {
    everybody:
      'aws lambda update-function-url-config --function-name <function> --auth-type NONE && aws lambda add-permission --function-name <function> --statement-id public --action lambda:InvokeFunctionUrl --principal "*" --function-url-auth-type NONE',
    somebody: 'uvx mcp-proxy-for-aws@latest <url>',
  },
};

/** The sign-in that followed went well. */
const SIGNED_IN =
  /\b(?:auth\w*|login|sign-in) (?:was )?(?:success\w*|completed?)\b|\bsuccessfully (?:auth\w*|connected|logged in)\b|\bconnected to remote server\b/i;

/** A server says of a request that it came without credentials. */
const TURNED_AWAY =
  /\b(?:auth\w*|bearer|request|connection|access|middleware|401|unauthori[sz]ed|reject\w*|denied|header)\b/i;
/** The server's own variables and downstream services, which want credentials too. */
const OWN_MATTER =
  /\benv(?:ironment)?\b|\bvariable|\b[A-Z]{2,}_[A-Z_]+\b|\bwarn|disabled|\bdownstream\b|\bupstream\b|\bAPI error\b/;

interface Found extends Record<string, string | number | boolean | null> {
  url: string | null;
  status: number;
  scheme: string | null;
  realm: string | null;
  metadata: string | null;
  barred: string | null;
  oauth: boolean;
}

/** What stands in the entry does not go out, as people tell it. */
const UNSENT =
  /\b(?:custom |static |configured |auth\w* |http |bearer |request )*(?:headers?|tokens?|api[ _-]?keys?|credentials)\b.{0,60}\b(?:(?:is|are|was|were|do|does|did|has|have)(?:n't| not)|never|not|cannot|can't) (?:be |being |been |get |actually |even )?(?:sent|set|passed|included|applied|forwarded|attached|added|used|supported|transmitted|propagated|present)\b|\b(?:does|do|did|is|are|will)(?:n't| not)\b.{0,20}\b(?:send|set|pass|include|apply|forward|attach|add|use|support|transmit)(?:ing)?\b.{0,40}\b(?:headers?|bearer|api[ _-]?key|authori[sz]ation)\b|\b(?:cannot|can't|unable to|no way to|not possible to|no option to|no field)\b.{0,30}\b(?:auth\w*|set|pass|add|configure|send|specify)\b.{0,60}\b(?:headers?|api[ _-]?key|bearer)\b|\b(?:without|ignor\w+|drops?|omits?|omitted|missing|could not find any of) (?:the |any |my |its )?(?:\w+ )?(?:auth\w* )?headers?\b|(?:不支持|没有?|無法|无法|未)[^\n]{0,12}(?:headers?|请求头|認証|鉴权)|\bheaders?\b[^\n]{0,6}(?:没有?|未|不)[^\n]{0,6}(?:加上|发送|生效|传|支持)|(?:鉴权|认证)[^\n]{0,20}(?:失败|问题)/i;

export default defineCause({
  id: 'auth-credentials-missing',
  title: 'The server demands credentials, and the request carries none',
  culprit: 'auth',
  severity: 'broken',
  seenAs: ['Error POSTing to endpoint (HTTP 401)', 'SSE error: Non-200 status code (401)', 'Unauthorized', 'HTTP 401'],
  needs: [],
  uses: [...ANSWERS, 'endpoint', 'launch', 'authorization', 'complaint'],
  explains: [...FAILED_START, 'handshake-refused', 'handshake-nonconforming', 'http-not-mcp'],
  live: fromWalk('auth-credentials-missing'),

  match(given): Match<Found> | null {
    const url = given.endpoint?.asked.url ?? targetOf(given) ?? null;
    // The sign-in that the server offers was walked up to it, and nothing is wrong.
    const oauth =
      given.authorization !== undefined &&
      isOurs(given) &&
      serverDocument(given.authorization) !== null &&
      faultsOf(given).every(({ cause }) => cause === null);
    // A sign-in that cannot succeed says more than that none was made.
    const stopped =
      isOurs(given) && faultsOf(given).some(({ cause, severity }) => cause !== null && severity === 'broken');
    const carries = entryCarries(given);
    for (const { exchange, at, live } of answers(given)) {
      const { status = 0, credentials, body = '' } = exchange;
      const challenge = challengeOf(exchange);
      const words = `${challenge.says ?? ''} ${body}`;
      // Platforms that let in only callers they know, before the server is asked.
      const edge = edgeAnswer(exchange);
      const barred = status === 403 && edge?.kind === 'blocked' && edge.edge in INVOKERS ? edge.edge : null;
      const demanded =
        status === 401 ||
        barred !== null ||
        (status === 403 && (challenge.scheme !== null || (MISSES.test(words) && !BLAMES.test(words))));
      if (
        !demanded ||
        NO_ROUTE.test(body) ||
        credentials === 'sent' ||
        (credentials === 'unknown' && carries.header && !missesHeader(given))
      )
        continue;
      // Nobody told whether credentials were sent: a word that blames them tells that they were.
      if (
        !live &&
        BLAMES.test(`${challenge.error} ${words} ${given.reported?.clientError.join(' ')}`) &&
        !MISSES.test(words)
      )
        continue;
      const sure = live && credentials === 'none' && (status === 401 || challenge.scheme !== null);
      const { scheme, realm, metadata } = challenge;
      return {
        // That nobody signed in is our doing where a client complains of the way to the sign-in.
        certainty: sure && !stopped && !(oauth && misled.match(given)) ? 'certain' : 'likely',
        ...(live && { culprit: barred === null ? ('config' as const) : ('platform' as const) }),
        cites: [at],
        facts: { url, status, scheme, realm, metadata, barred, oauth },
      };
    }
    const unsent = find(
      wayWords(given).filter(({ text }) => !/redirect|proxy|gateway|nginx|regist/i.test(text)),
      UNSENT,
    );
    const place = unsent?.line.at;
    const guess: Match<Found> | null =
      place === undefined
        ? null
        : {
            certainty: 'possible',
            cites: [place],
            facts: { url, status: 401, scheme: null, realm: null, metadata: null, barred: null, oauth },
          };
    if (answers(given).length > 0) return guess;
    // What an entry carries under a wrong key never reaches the server, which then misses it in so many words.
    const hit = find(
      wayWords(given).filter(
        ({ text }) =>
          !BLAMES.test(text) &&
          !/regist(?:er|ration)|metadata|proxy/i.test(text) &&
          (!carries.header || MISSES.test(text)),
      ),
      ...SAID,
    );
    if (carries.header && !hit) return guess;
    const requests = refusedRequests(given);
    const log = serverWords(given);
    const blamed = log.some(({ text }) => BLAMES.test(text) && !MISSES.test(text));
    const turnedAway = log.find(
      ({ text }) => MISSES.test(text) && TURNED_AWAY.test(text) && !OWN_MATTER.test(text) && !NO_ROUTE.test(text),
    );
    const served = /\bPOST \S+.{0,20}\b20[02]\b/;
    const line =
      hit?.line ??
      (blamed || log.some(({ text }) => served.test(text))
        ? null
        : (turnedAway ?? requests.find(({ status }) => status === 401)?.line));
    // A sign-in begins with this very refusal.
    const signedIn = wayWords(given).some(({ text }) => SIGNED_IN.test(text));
    if (!line || signedIn) return guess;
    return {
      // A tool that is refused by its API speaks alike.
      certainty: /\btools?\b/i.test(line.text) ? 'possible' : 'likely',
      cites: [line.at],
      facts: { url, status: 401, scheme: null, realm: null, metadata: null, barred: null, oauth },
    };
  },
  say: ({ url, status, scheme, realm, metadata, barred, oauth }) => {
    if (barred)
      return `${barred} answers ${status} for ${url ?? 'the server'} before the server is asked: it lets in only callers that prove who they are, and the request carried nothing.`;
    const kind = scheme ? ` of the scheme ${scheme}${realm ? ` (realm "${realm}")` : ''}` : '';
    return `${url ?? 'The server'} demands credentials${kind} and got none: it answered ${status}${metadata ? `, and describes its sign-in at ${metadata}` : ''}.${oauth ? ' Nobody has signed in yet; as far as that shows without one, its sign-in over OAuth is sound.' : ''}`;
  },
  fix: ({ url, scheme, metadata, barred, oauth }) => {
    const open = barred === null ? undefined : INVOKERS[barred];
    if (open)
      return [
        { say: 'Let the platform pass every caller, and leave the sign-in to the server:', run: open.everybody },
        { say: 'Or come as somebody it knows:', run: open.somebody.replace('<url>', url ?? '<url>') },
      ];
    const basic = scheme?.toLowerCase() === 'basic';
    const value = basic ? 'Basic <base64 of user:password>' : 'Bearer <your token>';
    const header = {
      say: metadata
        ? 'Or, with a token of your own, add the header to the entry:'
        : "Add the credentials to the server's entry in the client's config:",
      edit: { file: 'the client config', at: 'headers', to: `"headers": { "Authorization": "${value}" }` },
    };
    if (oauth)
      return [
        {
          say: 'Sign in through the browser, and let everything behind the sign-in be verified as well:',
          run: 'mcp-verdict verify --auth oauth <url>',
        },
        {
          say: 'Or, with a token in the environment variable TOKEN:',
          run: 'mcp-verdict verify --bearer-env TOKEN <url>',
        },
        {
          say: 'In your client, sign in there (in Claude Code: /mcp, then Authenticate; for clients that only start commands: npx mcp-remote).',
          run: `npx -y mcp-remote ${url ?? '<url>'}`,
        },
      ];
    const signIn = {
      say: 'Sign in through the client: this server offers OAuth (in Claude Code: /mcp, then Authenticate; for clients that only start commands: npx mcp-remote).',
      run: `npx -y mcp-remote ${url ?? '<url>'}`,
    };
    const check = basic
      ? { say: 'Check it:', run: `mcp-verdict verify --header 'Authorization: ${value}' ${url ?? '<url>'}` }
      : {
          say: 'Check it, with the token in the environment variable TOKEN:',
          run: `mcp-verdict verify --bearer-env TOKEN ${url ?? '<url>'}`,
        };
    return metadata ? [signIn, header, check] : [header, check];
  },
  why: 'The server is there and works; it only wants to know who is asking. Without resource_metadata in WWW-Authenticate a client cannot find out by itself where to sign in, so a token or key has to stand in the entry.',
  refs: [
    'https://modelcontextprotocol.io/specification/2025-11-25/basic/authorization',
    'https://www.rfc-editor.org/rfc/rfc9728#section-5.1',
  ],
  examples: [
    {
      name: 'live, Bearer with metadata',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 401,
              headers: {
                'www-authenticate': 'Bearer resource_metadata="https://acme.dev/.well-known/oauth-protected-resource"',
              },
            },
          ],
        },
      },
    },
    {
      name: 'live, invalid_token although none was sent (Python SDK)',
      finds: true,
      evidence: {
        http: {
          omitted: 0,
          exchanges: [
            {
              purpose: 'initialize',
              method: 'POST',
              url: 'https://acme.dev/mcp',
              atMs: 0,
              ms: 4,
              credentials: 'none',
              status: 401,
              headers: {
                'www-authenticate': 'Bearer error="invalid_token", error_description="Authentication required"',
              },
            },
          ],
        },
      },
    },
    {
      name: 'SDK v1',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        clientError:
          'Streamable HTTP error: Error POSTing to endpoint (HTTP 401): {"error":"Missing Authorization header"}',
      },
    },
    {
      name: 'curl',
      finds: true,
      symptoms: {
        http: {
          status: 401,
          headers: { 'www-authenticate': 'Bearer realm="api"' },
          body: '{"detail":"Not authenticated"}',
        },
      },
    },
    {
      name: 'the log of a server',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog: 'WARN Rejected request from 10.0.0.7: missing Authorization header',
      },
    },
    {
      name: 'an access log',
      finds: true,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          '10.0.0.7 - - [04/Mar/2026:10:00:00 +0000] "POST /mcp HTTP/1.1" 401 45 "-" "node"\n10.0.0.7 - - [04/Mar/2026:10:00:02 +0000] "POST /mcp HTTP/1.1" 401 45 "-" "node"',
      },
    },
    {
      name: 'Go, in words',
      finds: true,
      symptoms: { transport: 'streamable-http', clientError: 'failed to connect: calling "initialize": Unauthorized' },
    },
    {
      name: 'a sign-in that succeeds',
      finds: false,
      symptoms: {
        transport: 'streamable-http',
        serverLog:
          '"POST /mcp HTTP/1.1" 401 Unauthorized\n"POST /register HTTP/1.1" 201 Created\n"POST /token HTTP/1.1" 200 OK\n"POST /mcp HTTP/1.1" 200 OK',
      },
    },
    {
      name: 'a path that API Gateway does not know',
      finds: false,
      symptoms: {
        url: 'https://acme.dev/mcp',
        http: { status: 403, body: '{"message":"Missing Authentication Token"}' },
      },
    },
    {
      name: 'a token that was sent',
      finds: false,
      symptoms: { http: { status: 401, headers: { authorization: 'Bearer abc' }, body: '{"error":"invalid_token"}' } },
    },
    { name: 'a preflight', finds: false, symptoms: { http: { method: 'OPTIONS', status: 401 } } },
    {
      name: 'a walk: a sound sign-in, and nobody signed in',
      finds: true,
      evidence: lookedWalk(),
    },
    {
      name: 'a walk: 403 in place of 401',
      finds: true,
      evidence: lookedWalk(
        ({ challenge }) => ({ challenge: challenge && { ...challenge, status: 403, challenges: [] } }),
        { 0: { status: 403, headers: {} } },
      ),
    },
    {
      name: 'a walk with a sign-in',
      finds: false,
      evidence: signedInWalk(),
    },
  ],
});
