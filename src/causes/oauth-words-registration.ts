/** The words for faults of the registration. See oauth-words.ts. */
import type { FixStep } from './cause.js';
import type { FaultId } from './oauth-faults.js';
import { again, later, list, text, told } from './oauth-tell.js';
import type { Words } from './oauth-words.js';

const handRegistered: FixStep = {
  say: 'Or register a client there by hand, with the redirect address of your client, and give its id to the client; see it work with:',
  run: 'mcp-verdict verify --auth oauth --client-id <client id> <url>',
};

export const REGISTRATION_WORDS = {
  'client-of-another': {
    short: (facts) => text(facts, 'why') || 'the client belongs to another authorization server',
    say: (facts) =>
      `The client ${text(facts, 'client')} that was given belongs to another authorization server than ${text(facts, 'issuer')}, which the server names now, so it was not shown there (${text(facts, 'why')}).`,
    fix: (facts) => [
      {
        say: 'If the server has moved to that authorization server, register a client there and say whose it is:',
        run: 'mcp-verdict verify --auth oauth --client-id <client id> --issuer <issuer> <url>',
      },
      {
        say: `If it has not, do not sign in: let the owner of the MCP server say why its metadata name ${text(facts, 'issuer')}.`,
      },
    ],
  },
  'registration-none': {
    short: () => 'offers none, and no client id was given',
    say: (facts) =>
      `The authorization server ${text(facts, 'issuer')} lets no client register itself: it has neither a registration_endpoint nor client id metadata documents, so a client without an id of its own cannot sign in.`,
    fix: () => [
      {
        say: 'If the authorization server is yours, offer registration, by one of the two:',
        edit: {
          file: 'the authorization-server metadata',
          to: '"registration_endpoint": "https://<issuer>/register"\n"client_id_metadata_document_supported": true',
        },
      },
      handRegistered,
      {
        say: 'Google, GitHub and Entra ID offer none: put a proxy with registration of its own before them (FastMCP: GoogleProvider, GitHubProvider, AzureProvider).',
      },
    ],
  },
  'registration-refused': {
    short: (facts) =>
      `refused${text(facts, 'status') ? ` with ${text(facts, 'status')}` : ''}${told(text(facts, 'description') || text(facts, 'error'))}`,
    say: (facts) => {
      const status = text(facts, 'status');
      if (Number(status) === 404 || Number(status) >= 500)
        return `The registration endpoint that the metadata of the authorization server names answers ${status}${told(text(facts, 'description'))}, so the client gets no client id.`;
      const code = [status && `HTTP ${status}`, text(facts, 'error')].filter(Boolean).join(', ');
      return `The authorization server refuses to register the client${code ? ` (${code})` : ''}${told(text(facts, 'description'))}, although its metadata offers ${facts.how === 'document' ? 'client id metadata documents' : 'registration'}.`;
    },
    fix: (facts) => [
      ...(facts.passing ? [later] : []),
      facts.how === 'document'
        ? {
            say: 'Let the authorization server fetch and accept the document at the client id, or leave client_id_metadata_document_supported out of its metadata.',
          }
        : Number(facts.status) === 404
          ? {
              say: 'Name the address at which registration is served, or leave registration_endpoint out of the metadata:',
              edit: {
                file: 'the authorization-server metadata',
                at: 'registration_endpoint',
                to: '"registration_endpoint": "https://<issuer>/register"',
              },
            }
          : Number(facts.status) >= 500
            ? {
                say: 'Look into the log of the authorization server, at the request for registration: it fails there by itself.',
              }
            : {
                say: 'Let the registration endpoint accept public clients without credentials (Keycloak: the client registration policies "Trusted Hosts" and "Allowed Client Scopes"; Auth0: OIDC Dynamic Application Registration; an initial access token is something MCP clients do not have).',
              },
      handRegistered,
    ],
  },
  'registration-failed': {
    short: (facts) => (facts.outcome === 'no-answer' ? 'no answer' : `no usable answer${told(text(facts, 'why'))}`),
    say: (facts) =>
      facts.outcome === 'no-answer'
        ? 'The registration endpoint of the authorization server does not answer.'
        : `The registration endpoint of the authorization server answers${text(facts, 'status') ? ` ${text(facts, 'status')}` : ''}, but with no client that could be used${told(text(facts, 'why'))}.`,
    fix: (facts) => [
      ...(facts.outcome === 'no-answer' ? [later] : []),
      {
        say: 'Let the registration endpoint answer as RFC 7591 says, with the client id and all that was registered:',
        edit: {
          file: 'the registration endpoint',
          to: 'HTTP/1.1 201 Created\nContent-Type: application/json\n\n{ "client_id": "...", "redirect_uris": ["..."], "token_endpoint_auth_method": "none" }',
        },
      },
      handRegistered,
    ],
  },
  'redirect-uris-differ': {
    short: (facts) => `registered ${list(facts, 'registered').join(', ') || 'no redirect URI'}, not ours`,
    say: (facts) =>
      `The client asked to be called back at ${text(facts, 'sent')}, and the authorization server registered ${list(facts, 'registered').join(', ') || 'no redirect URI at all'}: the browser would come back to where nobody listens.`,
    fix: (facts) => [
      {
        say: 'Let the registration endpoint register the redirect URIs that the client names, unchanged:',
        edit: {
          file: 'the registration endpoint',
          at: 'redirect_uris',
          to: `"redirect_uris": ["${text(facts, 'sent')}"]`,
        },
      },
      again,
    ],
  },
} satisfies Partial<Record<FaultId, Words>>;
