// client sees: Missing Authorization header
// The authorization server knows PKCE with "plain" alone, which protects nothing.
import { serveProtected, serverOf } from './support/minimal-oauth.mjs';

serveProtected({ server: (origin) => ({ ...serverOf(origin), code_challenge_methods_supported: ['plain'] }) });
