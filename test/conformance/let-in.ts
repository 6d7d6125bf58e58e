/** The way past a refusal: the gate of a verification (probe/authorization.ts), around a channel that calls tools as well. */
import { webcrypto } from 'node:crypto';
import type { Exchange } from '../../src/case/evidence.js';
import { CaseDraft, type CaseStart } from '../../src/case/write.js';
import type { SignInAgent } from '../../src/oauth/authorize.js';
import { type AuthOptions, Gate } from '../../src/probe/authorization.js';
import type { LabOptions } from '../../src/probe/lab.js';
import type { Channel, Outcome, RequestOptions } from '../../src/wire/channel.js';

/** How the suite names credentials in its context. */
interface Given {
  client_id?: string;
  client_secret?: string;
  issuer?: string;
  private_key_pem?: string;
}

/** The suite redirects at once, and never to a listener: whoever asks the authorization endpoint has the answer. */
const agent: SignInAgent = {
  listen: async () => ({
    redirectUri: 'http://127.0.0.1:33418/callback',
    wait: async () => undefined,
    close: async () => {},
  }),
  show: async () => 'printed',
};

async function keyOf(pem: string) {
  const der = Buffer.from(pem.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return webcrypto.subtle.importKey('pkcs8', der, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['sign']);
}

/** What the user of a verification would say of credentials. */
export async function authOptions(scenario: string, given: Given): Promise<AuthOptions> {
  const { client_id: id, client_secret: secret, issuer, private_key_pem: pem } = given;
  return {
    mode: scenario.startsWith('auth/client-credentials') ? 'client-credentials' : 'authorization-code',
    agent,
    metadataDocument: 'https://conformance-test.local/client-metadata.json',
    ...(id !== undefined && {
      known: {
        id,
        ...(secret !== undefined && { secret }),
        ...(issuer !== undefined && { issuer }),
        ...(pem !== undefined && { key: await keyOf(pem) }),
      },
    }),
  };
}

const isRefused = ({ status, headers = {} }: Exchange): boolean =>
  status === 401 || (status === 403 && headers['www-authenticate'] !== undefined);

/** A channel that goes through the gate when it is refused, and asks again. */
export class LetIn implements Channel {
  readonly #channel: Channel;
  readonly #lab: LabOptions;
  readonly #gate: Gate;

  constructor(channel: Channel, lab: LabOptions, auth: AuthOptions) {
    this.#channel = channel;
    this.#lab = lab;
    this.#gate = new Gate(new CaseDraft({ now: () => performance.now() } as CaseStart), {
      ...{ lab, auth, url: lab.url, connectTimeoutMs: lab.timeoutMs, thorough: false, clientName: 'mcp-verdict' },
      learn() {},
      wallClock: Date.now,
    });
  }

  get open(): boolean {
    return this.#channel.open;
  }

  agreed(revision: string): void {
    this.#channel.agreed(revision);
  }

  notify(method: string, params: Record<string, unknown> | undefined, options: RequestOptions): Promise<void> {
    return this.#channel.notify(method, params, options);
  }

  async request(
    method: string,
    params: Record<string, unknown> | undefined,
    options: RequestOptions,
  ): Promise<Outcome> {
    for (;;) {
      const from = this.#lab.exchanges.length;
      const outcome = await this.#channel.request(method, params, options);
      const refused = this.#lab.exchanges.findIndex((record, i) => i >= from && isRefused(record));
      // The gate says when there is nothing more to try.
      if (refused < 0 || !(await this.#gate.open(refused))) return outcome;
    }
  }

  close(): Promise<void> {
    return this.#gate.close();
  }
}
