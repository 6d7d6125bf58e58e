// client sees: Missing Authorization header
// The authorization server does not say that it knows PKCE.
import { serveProtected, serverOf } from './support/minimal-oauth.mjs';

serveProtected({ server: (origin) => ({ ...serverOf(origin), code_challenge_methods_supported: undefined }) });
