// MCP servers behind OAuth that mistreat whoever signs in, each on a port of its own with its authorization server beside it:
// node oauth.mjs. Prints `{"<name>": <port>}` as one line. Every one is sound but for what its entry changes. Asked for anything on
// the port called `recorder`, that one answers with all requests that the others have seen since the last time.
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { answer, backTo, challenge, DOCUMENTS, originOf, serveAll, TOKEN } from './sign-in.mjs';
import { drip, forever, head, JSON_TYPE, pump, whole } from './wire.mjs';

const MIB = 1024 * 1024;
// What a step is turned into.
const bytes = (make) => (c) => c.socket.write(make(c));
const document = (step, edit, status = step === 'register' ? '201 Created' : '200 OK') =>
  bytes((c) =>
    answer(status, typeof edit === 'function' ? edit(DOCUMENTS[step](c), c) : { ...DOCUMENTS[step](c), ...edit }),
  );
const text = (body, ...lines) =>
  bytes((c) => answer('200 OK', typeof body === 'function' ? body(c) : body, JSON_TYPE, ...lines));
const redirect = (to) => bytes((c) => answer('302 Found', '', `location: ${to(c)}`));
const refuse = (status, value, ...lines) => bytes(() => answer(status, value, ...lines));
const silent = () => {};
const endless =
  (start) =>
  ({ socket }) => {
    socket.write(`${head('200 OK', JSON_TYPE)}${start}`);
    pump(socket, 'x'.repeat(65_536));
  };
const dripping = ({ socket }) => {
  socket.write(head('200 OK', JSON_TYPE, 'content-length: 100000'));
  drip(socket, forever(' '), 20);
};
const slowHeaders = ({ socket }) => {
  socket.write('HTTP/1.1 200 OK\r\n');
  drip(socket, forever('x: y\r\n'), 20);
};
const interim = ({ socket }) => pump(socket, 'HTTP/1.1 103 Early Hints\r\n\r\n');
const upgrade = bytes(() => head('101 Switching Protocols', 'upgrade: x', 'connection: upgrade'));
const bomb = (pack, coding) => {
  const packed = pack(Buffer.concat([Buffer.from('{"issuer":"'), Buffer.alloc(64 * MIB, 'a')]));
  return bytes(() => whole(packed, JSON_TYPE, `content-encoding: ${coding}`));
};
const gzipped = bomb(gzipSync, 'gzip');
const nested = (depth) => `{"resource":${'['.repeat(depth)}${']'.repeat(depth)}}`;
const many = (count, make) => Array.from({ length: count }, (_, i) => make(i));
/** An escape sequence, an overlong C1 control, a bidirectional override, a line break, a tag and a zero. */
const NASTY =
  '\x1b]0;owned\x07\x1b[2J\x9b31m\u202egpj.exe\u2028\r\nSet-Cookie: a=b\0\u{e0041}<script>alert(1)</script>`id`$(id)';
const ODD_JSON = { a: [null, true, 1e300, { b: [] }] };
const odd = (step, names, value) =>
  document(step, (all) => ({ ...all, ...Object.fromEntries(names.map((name) => [name, value])) }));
const PRM_NAMES = ['resource', 'authorization_servers', 'scopes_supported', 'bearer_methods_supported'];
const AS_NAMES = Object.keys(DOCUMENTS.as({ origin: '' }));
const REGISTER_NAMES = [
  'client_id',
  'client_secret',
  'redirect_uris',
  'token_endpoint_auth_method',
  'registration_client_uri',
];
const TOKEN_NAMES = ['access_token', 'token_type', 'expires_in', 'refresh_token', 'scope', 'id_token'];
const VALUES = {
  null: null,
  number: 7,
  array: [1, [2], null],
  object: ODD_JSON,
  empty: '',
  huge: 'A'.repeat(300_000),
  nasty: NASTY,
};
/** One entry for each kind of value in the place of every member. */
const values = (step, names) =>
  Object.fromEntries(
    Object.entries(VALUES).map(([kind, value]) => [`${step}-${kind}`, { [step]: odd(step, names, value) }]),
  );
const proto = (more = '') =>
  `{"__proto__":{"issuer":"x","resource":"x"},"constructor":{"prototype":{"polluted":1}}${more}}`;
const endpoint = (name, url) => ({
  as: document('as', (all, c) => ({ ...all, [name]: typeof url === 'function' ? url(c) : url })),
});
const authorizeAt = (url) => endpoint('authorization_endpoint', url);
let turn = 0;

const SERVERS = {
  sound: {},
  // The challenge.
  'challenge-64k': { mcp: refuse('401 Unauthorized', {}, `www-authenticate: Bearer realm="${'a'.repeat(62_000)}"`) },
  'challenge-1000': {
    mcp: refuse('401 Unauthorized', {}, `www-authenticate: ${many(1_000, (i) => `S${i} a="b"`).join(', ')}`),
  },
  'challenge-open-quotes': {
    mcp: refuse('401 Unauthorized', {}, `www-authenticate: Bearer ${'a="\\"'.repeat(5_000)}`),
  },
  'challenge-proto': {
    mcp: refuse('401 Unauthorized', {}, 'www-authenticate: Bearer __proto__="x", constructor="y", scope="read"'),
  },
  'challenge-nasty': {
    mcp: refuse(
      '401 Unauthorized',
      {},
      Buffer.from(
        `www-authenticate: Bearer error="\x1b[2J\x9b1m", error_description="\x1b]0;x\x07 \u202e", scope="\x1b[31m"`,
      ).toString('latin1'),
    ),
  },
  'challenge-file': {
    mcp: refuse('401 Unauthorized', {}, 'www-authenticate: Bearer resource_metadata="file:///etc/passwd"'),
  },
  'challenge-relative': { mcp: refuse('401 Unauthorized', {}, 'www-authenticate: Bearer resource_metadata="/x"') },
  'challenge-credentials': {
    mcp: refuse('401 Unauthorized', {}, 'www-authenticate: Bearer resource_metadata="http://user:pw@127.0.0.1:9/x"'),
  },
  // Metadata of the resource.
  'prm-endless': { prm: endless('{"resource":"') },
  'prm-100mb': {
    prm: ({ socket }) => {
      socket.write(`${head('200 OK', JSON_TYPE, `content-length: ${100 * MIB}`)}{"resource":"`);
      pump(socket, 'x'.repeat(65_536));
    },
  },
  'prm-gzip-bomb': { prm: gzipped },
  'prm-brotli-bomb': { prm: bomb(brotliCompressSync, 'br') },
  'prm-drip': { prm: dripping },
  'prm-slow-headers': { prm: slowHeaders },
  'prm-mute': { prm: silent },
  'prm-interim-flood': { prm: interim },
  'prm-upgrade': { prm: upgrade },
  'prm-redirect-self': { prm: redirect(({ request, origin }) => `${origin}${request.path}`) },
  'prm-redirect-endless': { prm: redirect(({ origin }) => `${origin}/.well-known/oauth-protected-resource/${turn++}`) },
  'prm-redirect-file': { prm: redirect(() => 'file:///etc/passwd') },
  'prm-redirect-script': { prm: redirect(() => 'javascript:alert(1)') },
  'prm-redirect-nowhere': { prm: redirect(() => 'http://') },
  'prm-redirect-nasty': { prm: redirect(() => 'http://127.0.0.1:1/\x1b[2J\x9b') },
  'prm-nested': { prm: text(nested(300_000)) },
  'prm-nested-open': { prm: text('['.repeat(900_000)) },
  'prm-not-json': { prm: text('<html>') },
  'prm-array': { prm: text('[{"resource":1}]') },
  'prm-string': { prm: text('"x"') },
  'prm-proto': { prm: text(proto()) },
  'prm-10000-servers': {
    prm: document('prm', (all, { origin }) => ({
      ...all,
      authorization_servers: many(10_000, (i) => `${origin}/as${i}`),
    })),
  },
  'prm-10000-odd-servers': {
    prm: document('prm', (all) => ({ ...all, authorization_servers: many(10_000, (i) => `javascript:alert(${i})`) })),
  },
  'prm-itself': { prm: document('prm', (all) => ({ ...all, authorization_servers: [all.resource] })) },
  'prm-other-resource': { prm: document('prm', { resource: 'https://bank.example/' }) },
  'prm-servers-invalid': {
    prm: document('prm', { authorization_servers: ['not a url', 'x:y', '//x', 'http://', NASTY] }),
  },
  'prm-429': { prm: refuse('429 Too Many Requests', {}, 'retry-after: 120') },
  'prm-503': { prm: refuse('503 Service Unavailable', {}, 'retry-after: Fri, 31 Dec 2027 23:59:59 GMT') },
  ...values('prm', PRM_NAMES),
  // Metadata of the authorization server.
  'as-endless': { as: endless('{"issuer":"') },
  'as-gzip-bomb': { as: gzipped },
  'as-drip': { as: dripping },
  'as-mute': { as: silent },
  'as-nested': { as: text(nested(300_000)) },
  'as-proto': { as: text(proto()) },
  'as-redirect-self': { as: redirect(({ request, origin }) => `${origin}${request.path}`) },
  'as-429': { as: refuse('429 Too Many Requests', {}, 'retry-after: 60') },
  'as-down': { prm: document('prm', { authorization_servers: ['http://127.0.0.1:1'] }) },
  'as-unknown-name': { prm: document('prm', { authorization_servers: ['https://no-such-host.invalid'] }) },
  'as-other-issuer': endpoint('issuer', () => originOf('stranger')),
  ...values('as', AS_NAMES),
  'authorize-script': authorizeAt('javascript:alert(document.domain)//'),
  'authorize-file': authorizeAt('file:///etc/passwd'),
  'authorize-data': authorizeAt('data:text/html,<script>alert(1)</script>'),
  'authorize-shell': authorizeAt('https://x$(id)/'),
  'authorize-user': authorizeAt(({ origin }) => origin.replace('//', '//user:password@')),
  'authorize-relative': authorizeAt('/authorize'),
  'authorize-long': authorizeAt(({ origin }) => `${origin}/authorize?x=${'a'.repeat(5_000)}`),
  'authorize-query': authorizeAt(
    ({ origin }) =>
      `${origin}/authorize?tenant=1&redirect_uri=https://evil.example/&response_type=token&state=fixed&client_id=evil&client_id=evil2#fragment`,
  ),
  'token-script': endpoint('token_endpoint', 'javascript:alert(1)'),
  'token-relative': endpoint('token_endpoint', '/token'),
  'revoke-script': endpoint('revocation_endpoint', 'javascript:alert(1)'),
  'revoke-relative': endpoint('revocation_endpoint', 'revoke'),
  'register-file': endpoint('registration_endpoint', 'file:///etc/passwd'),
  // Registration.
  'register-endless': { register: endless('{"client_id":"') },
  'register-mute': { register: silent },
  'register-drip': { register: dripping },
  'register-nested': { register: text(`{"client_id":${'['.repeat(300_000)}${']'.repeat(300_000)}}`) },
  'register-proto': { register: text(proto()) },
  'register-not-json': { register: text('<html>welcome') },
  'register-redirect': { register: redirect(() => `${originOf('stranger')}/register`) },
  'register-429': { register: refuse('429 Too Many Requests', { error: 'slow_down' }, 'retry-after: 3600') },
  'register-nasty-error': { register: refuse('400 Bad Request', { error: NASTY, error_description: NASTY }) },
  'register-other-uri': { register: document('register', { redirect_uris: ['https://evil.example/callback'] }) },
  'register-client-elsewhere': {
    register: document('register', (all) => ({
      ...all,
      registration_client_uri: `${originOf('stranger')}/register/x`,
    })),
    authorize: refuse('400 Bad Request', 'invalid_request: no', 'content-type: text/html'),
  },
  'register-client-no-url': {
    register: document('register', { registration_client_uri: 'not a url' }),
    authorize: refuse('400 Bad Request', 'invalid_request: no', 'content-type: text/html'),
  },
  'register-token-breaks': { register: document('register', { registration_access_token: 'a\r\nx-injected: 1' }) },
  'unregister-mute': { unregister: silent, revoke: silent },
  ...values('register', REGISTER_NAMES),
  // The authorization endpoint.
  'authorize-endless': { authorize: endless('<html>') },
  'authorize-mute': { authorize: silent },
  'authorize-drip': { authorize: dripping },
  'authorize-tags': { authorize: refuse('400 Bad Request', '<script'.repeat(100_000), 'content-type: text/html') },
  'authorize-less-than': { authorize: refuse('400 Bad Request', '<'.repeat(900_000), 'content-type: text/html') },
  'authorize-titles': { authorize: refuse('400 Bad Request', '<title '.repeat(100_000), 'content-type: text/html') },
  'authorize-nasty-page': {
    authorize: refuse(
      '400 Bad Request',
      `<title>${NASTY}</title><h1>invalid_client ${NASTY}</h1>`,
      'content-type: text/html',
    ),
  },
  'authorize-nasty-error': {
    authorize: redirect((c) => backTo(c, { code: undefined, error: NASTY, error_description: NASTY })),
  },
  'authorize-elsewhere': { authorize: redirect(() => `${originOf('stranger')}/login`) },
  'authorize-429': { authorize: refuse('429 Too Many Requests', 'slow', 'retry-after: 60') },
  'state-other': { authorize: redirect((c) => backTo(c, { state: 'another-state' })) },
  'state-missing': { authorize: redirect((c) => backTo(c).replace(/[?&]state=[^&]*/, '')) },
  'state-twice': { authorize: redirect((c) => `${backTo(c)}&state=another`) },
  'code-twice': { authorize: redirect((c) => `${backTo(c)}&code=injected-code`) },
  'iss-other': { authorize: redirect((c) => backTo(c, { iss: originOf('stranger') })) },
  'iss-missing': {
    as: document('as', { authorization_response_iss_parameter_supported: true }),
    authorize: redirect((c) => backTo(c).replace(/&iss=[^&]*/, '')),
  },
  implicit: { authorize: redirect((c) => `${backTo(c, { code: undefined }).replace('?', '#')}&access_token=${TOKEN}`) },
  // The token endpoint.
  'token-endless': { token: endless('{"access_token":"') },
  'token-gzip-bomb': { token: gzipped },
  'token-mute': { token: silent },
  'token-drip': { token: dripping },
  'token-redirect': { token: redirect(() => `${originOf('stranger')}/token`) },
  'token-nested': { token: text(`{"scope":${'['.repeat(300_000)}${']'.repeat(300_000)}}`) },
  'token-proto': { token: text(proto()) },
  'token-html': { token: text('<html>logged in') },
  'token-form': {
    token: bytes(() =>
      answer('200 OK', `access_token=${TOKEN}&token_type=bearer`, 'content-type: application/x-www-form-urlencoded'),
    ),
  },
  'token-429': { token: refuse('429 Too Many Requests', {}, 'retry-after: 60') },
  'token-nasty-error': {
    token: refuse('400 Bad Request', { error: NASTY, error_description: NASTY, error_uri: NASTY }),
  },
  'token-type-odd': { token: document('token', { token_type: 'mac' }) },
  'token-breaks': { token: document('token', { access_token: 'hostile-\r\nx-injected: 1' }) },
  'token-unicode': { token: document('token', { access_token: 'hostile-\u{1f511}\u202e' }) },
  'token-latin': { token: document('token', { access_token: 'hostile-\xe9' }) },
  'token-space': { token: document('token', { access_token: 'hostile- token' }) },
  'token-100k': { token: document('token', { access_token: `hostile-${'a'.repeat(100_000)}` }) },
  'token-expires-negative': { token: document('token', { expires_in: -5 }) },
  'token-expires-huge': { token: document('token', { expires_in: 1e300 }) },
  'token-expires-text': { token: document('token', { expires_in: 'soon' }) },
  'token-id-odd': { token: document('token', { id_token: 'not.a.token' }) },
  ...values('token', TOKEN_NAMES),
  // The MCP server behind it.
  'mcp-401-for-ever': {
    mcp: bytes(({ origin }) => answer('401 Unauthorized', {}, challenge(origin, ', error="invalid_token"'))),
  },
  'mcp-scope-for-ever': {
    mcp: bytes((c) =>
      c.request.headers.authorization
        ? answer('403 Forbidden', {}, challenge(c.origin, `, error="insufficient_scope", scope="scope${turn++}"`))
        : answer('401 Unauthorized', {}, challenge(c.origin)),
    ),
  },
  'mcp-refresh-for-ever': {
    mcp: bytes(({ origin }) => answer('401 Unauthorized', {}, challenge(origin))),
    token: document('token', { expires_in: 0 }),
  },
  'as-ping-pong': {
    mcp: bytes(({ origin }) => answer('401 Unauthorized', {}, challenge(origin))),
    prm: document('prm', (all, { origin }) => ({
      ...all,
      authorization_servers: [`${turn++ % 2 ? origin : originOf('stranger')}`],
    })),
  },
  'dpop-nonce-for-ever': {
    mcp: bytes(() =>
      answer('401 Unauthorized', {}, 'www-authenticate: DPoP error="use_dpop_nonce"', `dpop-nonce: n${turn++}`),
    ),
    token: bytes(() => answer('400 Bad Request', { error: 'use_dpop_nonce' }, `dpop-nonce: n${turn++}`)),
  },
  'dpop-nonce-nasty': {
    as: document('as', { dpop_signing_alg_values_supported: ['ES256'] }),
    mcp: bytes(() =>
      answer('401 Unauthorized', {}, 'www-authenticate: DPoP algs="ES256"', `dpop-nonce: ${'x'.repeat(50_000)}`),
    ),
    token: bytes((c) => answer('200 OK', { ...DOCUMENTS.token(c), token_type: 'DPoP' }, 'dpop-nonce: "\\\u00ff\x9b')),
  },
  'token-dpop-unasked': { token: document('token', { token_type: 'DPoP' }) },
  'token-elsewhere': endpoint('token_endpoint', () => `${originOf('stranger')}/token`),
  stranger: {},
};

await serveAll(SERVERS);
