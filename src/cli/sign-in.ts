/** A sign-in at the terminal: the browser and the redirect listener, and what is remembered of it. */
import type { SignInAgent } from '../oauth/authorize.js';
import { openable, openBrowser } from '../oauth/browser.js';
import { type Callback, listenForCallback, type Stray } from '../oauth/loopback.js';
import { keptOf, openStore, rememberedOf } from '../oauth/store.js';
import type { AuthOptions } from '../probe/authorization.js';
import { escapeLine } from '../render/escape.js';

/** Authorization servers refuse longer requests. */
const MAX_SHOWN = 8_000;

/** Lets the person at the terminal sign in: their browser is opened, or the address is written for them. */
export function agentOf({
  redirectUri,
  waitMs,
  browser,
  tell,
  signal,
}: {
  redirectUri?: string;
  waitMs: number;
  browser: boolean;
  tell(lines: string): void;
  signal?: AbortSignal;
}): SignInAgent {
  let listener: Callback | undefined;
  let told = false;
  return {
    async listen(expectedState) {
      const place = redirectUri === undefined ? {} : { redirectUri };
      const onStray = (stray: Stray) => {
        // Somebody in front of a browser waits for a word, too.
        if (told || !/^(?:state|repeated)/.test(stray)) return;
        told = true;
        tell(
          'Something came to the redirect URI that is no answer to this sign-in (its state is missing, wrong or not alone). It was turned away; the wait goes on.\n',
        );
      };
      listener = await listenForCallback({ ...place, expectedState, waitMs, onStray, signal });
      return listener;
    },
    async show(url) {
      const address = openable(url);
      if ('refused' in address) {
        tell(
          `The authorization server names an address that is not safe to open: ${address.refused}. It is neither opened nor shown.\n`,
        );
        await listener?.close();
        return 'nobody';
      }
      const opened = browser ? await openBrowser(url) : { failed: '--no-browser asks for the address alone' };
      const minutes = Math.round(waitMs / 60_000);
      const wait = `Waiting ${minutes > 0 ? `${minutes} min` : `${Math.round(waitMs / 1_000)} s`} for the sign-in (Ctrl-C ends it).`;
      const shown = escapeLine('url' in address ? address.url : url, MAX_SHOWN);
      if (opened === 'opened') {
        tell(`Your browser was opened to sign in. If it shows nothing, open this address:\n\n${shown}\n\n${wait}\n`);
        return 'browser';
      }
      const why = 'failed' in opened ? opened.failed : opened.refused;
      tell(`Open this address in a browser on this machine to sign in (${why}):\n\n${shown}\n\n${wait}\n`);
      return 'printed';
    },
  };
}

/** Whether a redirect URI can be listened on here. @throws WrongUse when it is none for this machine, or its port is taken. */
export async function tryRedirectUri(redirectUri: string): Promise<void> {
  const callback = await listenForCallback({ redirectUri, expectedState: 'a try', waitMs: 1 });
  await callback.close();
}

/** What is remembered of earlier sign-ins at a URL, and what is to be remembered of this one. @throws UsageError when the file is not fit for it. */
export async function keeper(
  resource: string,
  remember: boolean,
): Promise<Pick<AuthOptions, 'kept' | 'remember'> & { save(): Promise<string | undefined> }> {
  const store = openStore();
  // Whoever signs in to be remembered learns before that it cannot be kept.
  if (remember) await store.prepare();
  const found = await store.find(resource);
  let latest: Parameters<NonNullable<AuthOptions['remember']>>[0] | undefined;
  return {
    ...(found && { kept: keptOf(found) }),
    // What is remembered stays so: a refresh token that was rotated would be lost otherwise.
    ...((remember || found) && {
      remember(kept) {
        latest = kept;
      },
    }),
    async save() {
      if (!latest) return undefined;
      await store.save(rememberedOf({ ...latest, resource }, Date.now()));
      return store.file;
    },
  };
}
