import { credentials } from '@grpc/grpc-js';
import { OAuth2Client } from 'google-auth-library';
import type { EntriesOptions } from './entries-reader.ts';

/** Of a client that reads a Cloud Logging on loopback, in plain text: `host:port`. No token crosses such a wire. */
export function loopbackLogging(endpoint: string): NonNullable<EntriesOptions['client']> {
  const { hostname, port } = new URL(`http://${endpoint}`);
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: 'none', expiry_date: Number.MAX_SAFE_INTEGER });
  return {
    apiEndpoint: hostname,
    port: Number(port),
    sslCreds: credentials.createInsecure(),
    authClient,
  };
}
