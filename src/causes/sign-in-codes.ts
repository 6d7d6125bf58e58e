/** The error codes of OAuth as they stand alone: what each means hangs on the step at which it was said. */
import type { Row } from './sign-in-errors.js';

/** One of these codes, as a word of its own. */
export const code = (codes: string): RegExp => new RegExp(String.raw`(?<![\w-])(?:${codes})(?![\w-])`, 'i');

/** Bare codes: what they mean hangs on the step. */
export const BARE: Row[] = [
  // Events of Keycloak are named after the step.
  {
    blames: 'auth-token-request-refused',
    says: [/\bCODE_TO_TOKEN_ERROR\b/],
    without: /\binvalid_redirect_uri\b|\bclient_not_found\b/,
  },
  { blames: 'auth-token-expired', says: [/\bREFRESH_TOKEN_ERROR\b/] },
  { blames: 'auth-registration-unsupported', says: [/\bCLIENT_REGISTER_ERROR\b/] },
  {
    blames: 'auth-redirect-uri-mismatch',
    says: [
      code(
        'redirect_uri_mismatch|redirect_mismatch|invalid_redirect_ur[il]|bad_redirect_ur[il]|InvalidRedirectUri\\w*',
      ),
    ],
  },
  { blames: 'auth-resource-mismatch', says: [code('invalid_target|invalid_resource|InvalidTarget\\w*')] },
  {
    blames: 'auth-registration-unsupported',
    says: [
      code(
        'invalid_client_metadata|InvalidClientMetadata\\w*|invalid_software_statement|unapproved_software_statement|registration_not_supported',
      ),
    ],
  },
  {
    blames: 'auth-registration-unsupported',
    at: ['registration'],
    says: [
      code(
        'invalid_request|invalid_scope|invalid_token|insufficient_scope|access_denied|server_error|unauthorized|unauthorized_client',
      ),
    ],
  },
  {
    blames: 'auth-registration-stale',
    says: [code('deleted_client|invalid_client_id|unknown_client|client_not_found|application_not_found')],
  },
  {
    blames: 'auth-token-expired',
    at: ['refresh'],
    says: [code('invalid_grant|InvalidGrant\\w*|invalid_request|invalid_token')],
  },
  {
    blames: 'auth-token-request-refused',
    at: ['token', 'authorization'],
    says: [code('invalid_grant|InvalidGrant\\w*')],
  },
  {
    blames: 'auth-token-request-refused',
    at: ['token'],
    says: [code('invalid_request|InvalidRequestError|unauthorized_client|UnauthorizedClient\\w*|server_error')],
  },
  { blames: 'auth-sign-in-refused', says: [code('unauthorized_client|UnauthorizedClient\\w*')] },
  {
    blames: 'auth-sign-in-refused',
    at: ['authorization'],
    says: [code('invalid_request|InvalidRequestError|server_error')],
  },
  // Without a step that is told: what clients call authorization ends in the browser.
  {
    blames: 'auth-sign-in-refused',
    at: ['unknown'],
    says: [/\bauthori[sz]ation (?:failed|error)\b.{0,20}\b(?:server_error|invalid_request|temporarily_unavailable)\b/i],
  },
];
