/** A sign-in at the terminal: the browser and the redirect listener, and what is remembered of it. */
import type { SignInAgent } from '../oauth/authorize.js';
import { openBrowser } from '../oauth/browser.js';
import { listenForCallback } from '../oauth/loopback.js';
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
}: {
  redirectUri?: string;
  waitMs: number;
  browser: boolean;
  tell(lines: string): void;
}): SignInAgent {
  return {
    listen: (expectedState) =>
      listenForCallback({ ...(redirectUri !== undefined && { redirectUri }), expectedState, waitMs }),
    async show(url) {
      const opened = browser ? await openBrowser(url) : { failed: '--no-browser asks for the address alone' };
      const minutes = Math.round(waitMs / 60_000);
      const wait = `Waiting ${minutes > 0 ? `${minutes} min` : `${Math.round(waitMs / 1_000)} s`} for the sign-in (Ctrl-C ends it).`;
      if (opened === 'opened') {
        tell(
          `Your browser was opened to sign in. If it shows nothing, open this address:\n\n${escapeLine(url, MAX_SHOWN)}\n\n${wait}\n`,
        );
        return 'browser';
      }
      const why = 'failed' in opened ? opened.failed : opened.refused;
      tell(
        `Open this address in a browser on this machine to sign in (${why}):\n\n${escapeLine(url, MAX_SHOWN)}\n\n${wait}\n`,
      );
      return 'printed';
    },
  };
}

/** What is remembered of earlier sign-ins at a URL, and what is to be remembered of this one. @throws UsageError when the file is not fit for it. */
export async function keeper(
  resource: string,
  remember: boolean,
): Promise<Pick<AuthOptions, 'kept' | 'remember'> & { save(): Promise<string | undefined> }> {
  const store = openStore();
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
