/** What the browser shows at the redirect URI: a page without script and without anything from elsewhere. */
import { createHash } from 'node:crypto';

export interface Page {
  title: string;
  /** Paragraphs. Text between backticks is shown as code. */
  says: string[];
}

const STYLE =
  ':root{color-scheme:light dark;font:1.1rem/1.5 system-ui,sans-serif}body{max-width:36em;margin:15vh auto;padding:0 1em}code{overflow-wrap:anywhere}';

/** The icon stands in the page, so that no browser asks for one. */
const POLICY = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The address of the page holds the code: it must not be kept, sent on or framed. */
export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': POLICY,
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  connection: 'close',
};

const escaped = (text: string): string => text.replace(/[&<>"'`]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const paragraph = (text: string): string =>
  `<p>${text
    .split('`')
    .map((part, i) => (i % 2 ? `<code>${escaped(part)}</code>` : escaped(part)))
    .join('')}</p>`;

export const htmlOf = ({ title, says }: Page): string =>
  `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><h1>${escaped(title)}</h1>${says.map(paragraph).join('')}</body></html>
`;

const MAX_QUOTED = 400;

/** Words of a stranger in one bounded line: nothing in them ends the code they stand in, or turns the line around. */
function quoted(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}`]+/gu, ' ').trim();
  return `\`${plain.length > MAX_QUOTED ? `${[...plain].slice(0, MAX_QUOTED).join('')}…` : plain}\``;
}

const GOES_ON = 'mcp-verdict goes on in the terminal. You can close this window.';

/** The page for an answer that is the one waited for. */
export function pageFor(answer: URLSearchParams): Page {
  const error = answer.get('error');
  const description = answer.get('error_description');
  if (error !== null)
    return {
      title: 'The sign-in did not come through',
      says: [
        `The authorization server answered with the error ${quoted(error)}.`,
        ...(description?.trim() ? [`It says: ${quoted(description)}`] : []),
        GOES_ON,
      ],
    };
  if (!answer.get('code'))
    return {
      title: 'The sign-in did not come through',
      says: ['The answer of the authorization server holds neither a code nor an error.', GOES_ON],
    };
  return { title: 'The sign-in came through', says: ['mcp-verdict has received the answer.', GOES_ON] };
}

/** Pages for what is not waited for. None repeats anything of the request. */
export const PAGES = {
  otherState: {
    title: 'This is not the answer that is waited for',
    says: [
      'mcp-verdict waits for a sign-in, and this answer belongs to none that it began: its `state` is another one, or is missing.',
      'It may come from an older tab. Go on in the newest one, or start again in the terminal. You can close this window.',
    ],
  },
  repeated: {
    title: 'This answer is ambiguous',
    says: [
      'A parameter stands in it more than once, which OAuth forbids. mcp-verdict takes none of them and goes on waiting.',
      'You can close this window.',
    ],
  },
  otherHost: {
    title: 'Not here',
    says: ['This address is asked by another name than its own. Nothing is served under that name.'],
  },
  otherMethod: { title: 'Not like this', says: ['Only GET is answered here.'] },
  otherPath: { title: 'Nothing here', says: ['mcp-verdict waits at another path for the answer to a sign-in.'] },
} satisfies Record<string, Page>;
