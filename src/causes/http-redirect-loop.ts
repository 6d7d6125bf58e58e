import type { Evidence } from '../case/evidence.js';
import { at } from '../case/pointer.js';
import { defineCause } from './cause.js';
import { FAILED_START } from './consequences.js';
import { failed } from './words.js';

const example = (hopsEnd: Evidence['endpoint']['hopsEnd'], ...urls: string[]): Partial<Evidence> => ({
  endpoint: {
    asked: { url: urls[0] ?? '', answer: 'redirect', redirectTo: urls[1] },
    others: [],
    hops: urls.slice(1).map((to, i) => ({ from: urls[i] ?? '', to, status: 307, loses: [] })),
    hopsEnd,
  },
});

export default defineCause({
  id: 'http-redirect-loop',
  title: 'The redirects from the URL lead nowhere: they go round in a circle, or on and on',
  culprit: 'server',
  severity: 'broken',
  seenAs: ['redirect count exceeded', 'stopped after 10 redirects', 'Exceeded maximum allowed redirects'],
  needs: ['endpoint'],
  uses: ['handshake'],
  explains: [...FAILED_START, 'http-redirect-loses-request', 'handshake-refused', 'handshake-nonconforming'],

  match({ endpoint: { asked, hops = [], hopsEnd }, handshake }) {
    if ((handshake && !failed({ handshake })) || (hopsEnd !== 'loop' && hopsEnd !== 'too-many')) return null;
    const last = hops.at(-1)?.to ?? '';
    return {
      certainty: 'certain',
      cites: [at('endpoint', 'hops'), at('endpoint', 'hopsEnd')],
      facts: {
        url: asked.url,
        circle: hopsEnd === 'loop',
        count: hops.length,
        way: [asked.url, ...hops.map(({ to }) => to)].slice(0, 4),
        scheme: hops.some(({ from, to }) => from.split(':')[0] !== to.split(':')[0]),
        slash: hops.some(({ from, to }) => from.replace(/\/$/, '') === to.replace(/\/$/, '')),
        last,
      },
    };
  },
  say: ({ url, circle, count, way, last }) =>
    circle
      ? `${url} redirects in a circle: ${way.join(' to ')}${count >= way.length ? ` ... to ${last}` : ''}.`
      : `${url} redirects on and on: after ${count} redirects the next was still one, to ${last}.`,
  fix: ({ url, scheme, slash }) => [
    {
      say: scheme
        ? 'Let one place alone force https: behind a proxy that ends TLS the application sees http and redirects for ever, until it trusts X-Forwarded-Proto (Express: app.set("trust proxy", 1); uvicorn --proxy-headers; Cloudflare: SSL mode "Full" in place of "Flexible").'
        : slash
          ? 'Let one place alone decide about the slash at the end: the proxy adds it and the application takes it away, or the other way round (nginx: location and proxy_pass both with or both without it; FastAPI and Starlette: redirect_slashes=False).'
          : 'On the server and its proxy: answer the path of the MCP endpoint itself, without a redirect rule that matches its own target.',
    },
    { say: 'See every hop:', run: `curl -sS -o /dev/null -D - -L --max-redirs 5 -X POST ${url}` },
  ],
  why: 'Two rules that undo each other (https and http, with and without a slash) send a client back and forth. Clients give up after 5 to 20 redirects, and show the address of the last one at best.',
  refs: ['https://www.rfc-editor.org/rfc/rfc9110#section-15.4'],
  examples: [
    { name: 'to itself', finds: true, evidence: example('loop', 'https://acme.dev/mcp', 'https://acme.dev/mcp') },
    {
      name: 'https and http in turn',
      finds: true,
      evidence: example('loop', 'https://acme.dev/mcp', 'http://acme.dev/mcp', 'https://acme.dev/mcp'),
    },
    {
      name: 'on and on',
      finds: true,
      evidence: example('too-many', ...Array.from({ length: 9 }, (_, i) => `https://acme.dev/mcp${i}`)),
    },
    {
      name: 'a redirect that arrives',
      finds: false,
      evidence: example('answer', 'https://acme.dev/mcp', 'https://acme.dev/mcp/'),
    },
    {
      name: 'none',
      finds: false,
      evidence: { endpoint: { asked: { url: 'https://acme.dev/', answer: 'html' }, others: [] } },
    },
  ],
});
