// client sees: Missing Authorization header
// The tokens would be fetched at a link-local address, as that of the metadata service of a cloud.
import { serveProtected, serverOf } from './support/minimal-oauth.mjs';

serveProtected({ server: (origin) => ({ ...serverOf(origin), token_endpoint: 'http://169.254.13.37/token' }) });
