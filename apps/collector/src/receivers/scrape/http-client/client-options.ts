/** Who asks, and how TLS is spoken. Secrets are named by their files and read when they are needed. */
export interface ClientOptions {
  readonly basicAuth?:
    | {
        readonly username?: string | undefined;
        readonly usernameFile?: string | undefined;
        readonly passwordFile?: string | undefined;
      }
    | undefined;
  readonly authorization?: { readonly type: string; readonly credentialsFile: string } | undefined;
  readonly oauth2?: OAuthOptions | undefined;
  readonly tls: TlsOptions;
  readonly followRedirects: boolean;
  readonly headers?: readonly HeaderOptions[];
}

/** A header of every request; its values as they are, and those in files. */
export interface HeaderOptions {
  readonly name: string;
  readonly values: readonly string[];
  readonly files: readonly string[];
}

export interface TlsOptions {
  readonly ca?: string | undefined;
  readonly caFile?: string | undefined;
  readonly cert?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly serverName?: string | undefined;
  /** Takes any certificate. */
  readonly insecure?: boolean;
  readonly minVersion?: TlsVersion | undefined;
  readonly maxVersion?: TlsVersion | undefined;
}

export type TlsVersion = 'TLS10' | 'TLS11' | 'TLS12' | 'TLS13';

/** OAuth 2.0, grant of client credentials (RFC 6749, section 4.4). */
export interface OAuthOptions {
  readonly clientId: string;
  readonly clientSecretFile: string;
  readonly scopes: readonly string[];
  readonly tokenUrl: string;
  readonly endpointParams: Readonly<Record<string, string>>;
  readonly tls: TlsOptions;
}
