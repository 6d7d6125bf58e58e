/** A person with a browser, without the browser: walks the redirects with cookies, fills in the forms and presses the buttons. */
import type { Account } from './interaction.js';

export const ALICE: Account = { name: 'alice', password: 'correct horse' };

export interface SignInOptions {
  account?: Account;
  /** What is pressed on the page that asks for consent. */
  decide?: 'allow' | 'refuse';
}

const STEPS = 15;

export const isLoopback = (hostname: string): boolean => /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);

/** Cookies as a browser keeps them: by host and path, whatever the port. */
class Cookies {
  private readonly kept = new Map<string, { host: string; path: string; name: string; value: string }>();

  take(url: URL, headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(';').map((part) => part.trim());
      const [name = '', ...value] = pair.split('=');
      const path = attributes.find((part) => /^path=/i.test(part))?.slice(5) ?? '/';
      const ended = attributes.some((part) => /^max-age=0$/i.test(part) || /^expires=thu, 01 jan 1970/i.test(part));
      const key = `${url.hostname} ${path} ${name}`;
      if (ended) this.kept.delete(key);
      else this.kept.set(key, { host: url.hostname, path, name, value: value.join('=') });
    }
  }

  for(url: URL): string {
    const below = (path: string) =>
      url.pathname === path || url.pathname.startsWith(path.endsWith('/') ? path : `${path}/`);
    return [...this.kept.values()]
      .filter(({ host, path }) => host === url.hostname && below(path))
      .map(({ name, value }) => `${name}=${value}`)
      .join('; ');
  }
}

const words = (body: string): string =>
  body
    .replace(/<style[\s\S]*?<\/style>|<title>[\s\S]*?<\/title>|<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();

/**
 * From an authorization URL to the redirect to the client's callback, which is returned and not requested. Fails with the words of
 * the page on which the way ends.
 */
export async function signIn(
  authorizationUrl: string | URL,
  { account = ALICE, decide = 'allow' }: SignInOptions = {},
): Promise<URL> {
  const cookies = new Cookies();
  let url = new URL(authorizationUrl);
  const callback = new URL(url.searchParams.get('redirect_uri') ?? 'about:blank');
  let form: URLSearchParams | undefined;
  for (let step = 0; step < STEPS; step++) {
    // Only a browser goes further, and tests have none.
    if (!/^https?:$/.test(url.protocol) || !isLoopback(url.hostname))
      throw new Error(`The sign-in leads to ${url.href.replace(/\?.*/, '')}`);
    const cookie = cookies.for(url);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { accept: 'text/html', ...(cookie && { cookie }) },
      ...(form && { method: 'POST', body: form }),
    });
    const body = await response.text();
    cookies.take(url, response.headers);
    form = undefined;
    const location = response.headers.get('location');
    if (response.status >= 300 && response.status < 400 && location) {
      url = new URL(location, url);
      if (url.origin === callback.origin && url.pathname === callback.pathname) return url;
      continue;
    }
    if (response.status >= 400) throw new Error(`The sign-in ends with HTTP ${response.status}: ${words(body)}`);
    if (/role="alert"/.test(body)) throw new Error(`The sign-in ends: ${words(body)}`);
    if (/<input name="name"/.test(body)) form = new URLSearchParams({ ...account, action: 'login' });
    else if (/<form method="post">/.test(body)) form = new URLSearchParams({ action: decide });
    else throw new Error(`The sign-in ends on a page without a form: ${words(body)}`);
  }
  throw new Error(`The sign-in did not end after ${STEPS} steps`);
}
