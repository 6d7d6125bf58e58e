// client sees: Missing Authorization header
// The authorization server registers nobody by itself, and takes no client ID metadata documents either.
import { serveProtected, serverOf } from './support/minimal-oauth.mjs';

serveProtected({ server: (origin) => ({ ...serverOf(origin), registration_endpoint: undefined }) });
