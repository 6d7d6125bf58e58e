/** Signs in where the authorization endpoint asks nobody, and never elsewhere. */
import type { SignInAgent } from '../../src/oauth/authorize.js';

export const headless = (redirectUri = 'http://127.0.0.1:43117/callback'): SignInAgent => ({
  listen: async () => ({ redirectUri, wait: async () => undefined, close: async () => {} }),
  show: async () => 'printed',
});
