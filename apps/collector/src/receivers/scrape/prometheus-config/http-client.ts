import { z } from 'zod';
import type { ClientOptions } from '../http-client/client-options.ts';
import { strictWith } from './strict.ts';

const path = (what: string) => z.string().min(1).describe(what);
const inFile = (file: string) => `secrets come from files; use ${file}`;
const tlsVersion = z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13']);

const tlsConfig = strictWith(
  {
    ca: z.string().min(1).optional().describe('The certificate authority itself, as PEM.'),
    ca_file: path('File with the certificate authority.').optional(),
    cert: z.string().min(1).optional().describe('The client certificate itself, as PEM.'),
    cert_file: path('File with the client certificate.').optional(),
    key_file: path('File with the key of the client certificate.').optional(),
    server_name: z.string().min(1).optional().describe('Name that the certificate must be for.'),
    insecure_skip_verify: z.boolean().default(false).describe('Takes any certificate; default false.'),
    min_version: tlsVersion.optional().describe('Oldest version of TLS; default TLS12.'),
    max_version: tlsVersion.optional().describe('Newest version of TLS.'),
  },
  { key: inFile('key_file') },
);

/** Options of an HTTP client as scrape configs, http_sd and kubernetes_sd share them. */
export const httpClientShape = {
  basic_auth: strictWith(
    {
      username: z.string().optional().describe('User name.'),
      username_file: path('File with the user name; read anew for each request.').optional(),
      password_file: path('File with the password; read anew for each request.').optional(),
    },
    { password: inFile('password_file') },
  )
    .optional()
    .describe('Basic authentication.'),
  authorization: strictWith(
    {
      type: z.string().min(1).default('Bearer').describe('Scheme of the header; default Bearer.'),
      credentials_file: path('File with the credentials; read anew for each request.').optional(),
    },
    { credentials: inFile('credentials_file') },
  )
    .optional()
    .describe('The Authorization header.'),
  bearer_token_file: path('File with a bearer token, as older configurations have it.').optional(),
  oauth2: strictWith(
    {
      client_id: z.string().min(1).describe('Identity of the client.'),
      client_secret_file: path('File with the secret of the client.'),
      scopes: z.array(z.string()).default([]).describe('Scopes that are asked for.'),
      token_url: z.url({ protocol: /^https?$/ }).describe('Where the token comes from.'),
      endpoint_params: z.record(z.string(), z.string()).default({}).describe('More parameters of the token request.'),
      tls_config: tlsConfig.optional().describe('TLS to the token URL.'),
    },
    { client_secret: inFile('client_secret_file'), proxy_url: 'requests go straight to the server' },
  )
    .optional()
    .describe('OAuth 2.0 with client credentials.'),
  tls_config: tlsConfig.optional().describe('TLS of https:// addresses.'),
  follow_redirects: z.boolean().default(true).describe('Follow redirects; default true.'),
  enable_http2: z.boolean().optional().describe('Taken and without effect: requests are HTTP/1.1.'),
  http_headers: z
    .record(
      z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/, 'a header name'),
      strictWith(
        {
          values: z.array(z.string()).default([]).describe('Values.'),
          files: z.array(z.string().min(1)).default([]).describe('Files with values.'),
        },
        { secrets: inFile('files') },
      ),
    )
    .default({})
    .describe('More headers of each request.'),
};

/** Keys of HTTP clients that Prometheus has and Binnacle has not. */
export const unsupportedClientKeys: Readonly<Record<string, string>> = {
  bearer_token: inFile('authorization.credentials_file'),
  proxy_url: 'requests go straight to the target',
  proxy_from_environment: 'requests go straight to the target',
  proxy_connect_header: 'requests go straight to the target',
  no_proxy: 'requests go straight to the target',
};

const httpClient = z.strictObject(httpClientShape);
export type HttpClientConfig = z.infer<typeof httpClient>;

/** At most one way to say who asks. */
export function checkHttpClient(config: HttpClientConfig, issues: z.RefinementCtx): void {
  const ways = (['basic_auth', 'authorization', 'bearer_token_file', 'oauth2'] as const).filter(
    (key) => config[key] !== undefined,
  );
  if (ways.length > 1)
    issues.addIssue({ code: 'custom', path: [ways[1] as string], message: `either this or ${ways[0]}` });
  if (config.authorization?.type.toLowerCase() === 'basic')
    issues.addIssue({ code: 'custom', path: ['authorization', 'type'], message: 'use basic_auth instead' });
}

/** The client's options under our names; relative paths are taken from `resolvePath`. */
export function clientOptions(config: HttpClientConfig, resolvePath: (path: string) => string): ClientOptions {
  const at = (file: string | undefined) => (file === undefined ? undefined : resolvePath(file));
  const tls = (given: HttpClientConfig['tls_config']) => ({
    ca: given?.ca,
    caFile: at(given?.ca_file),
    cert: given?.cert,
    certFile: at(given?.cert_file),
    keyFile: at(given?.key_file),
    serverName: given?.server_name,
    insecure: given?.insecure_skip_verify ?? false,
    minVersion: given?.min_version,
    maxVersion: given?.max_version,
  });
  const { basic_auth: basic, authorization, bearer_token_file: bearer, oauth2 } = config;
  return {
    basicAuth:
      basic === undefined
        ? undefined
        : {
            username: basic.username,
            usernameFile: at(basic.username_file),
            passwordFile: at(basic.password_file),
          },
    authorization:
      bearer !== undefined
        ? { type: 'Bearer', credentialsFile: resolvePath(bearer) }
        : authorization?.credentials_file === undefined
          ? undefined
          : { type: authorization.type, credentialsFile: resolvePath(authorization.credentials_file) },
    oauth2:
      oauth2 === undefined
        ? undefined
        : {
            clientId: oauth2.client_id,
            clientSecretFile: resolvePath(oauth2.client_secret_file),
            scopes: oauth2.scopes,
            tokenUrl: oauth2.token_url,
            endpointParams: oauth2.endpoint_params,
            tls: tls(oauth2.tls_config),
          },
    tls: tls(config.tls_config),
    followRedirects: config.follow_redirects,
    headers: Object.entries(config.http_headers).map(([name, { values, files }]) => ({
      name,
      values,
      files: files.map(resolvePath),
    })),
  };
}
