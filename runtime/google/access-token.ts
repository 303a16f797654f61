import type { Clock } from "../clock";

/** Gives a bearer token for Google's APIs; cached until shortly before it expires. */
export type AccessToken = () => Promise<string>;

/** https://cloud.google.com/compute/docs/metadata/overview */
const METADATA_URL =
  "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token?scopes=https://www.googleapis.com/auth/cloud-platform";
/** The metadata server renews its own copy five minutes before the end; four lets us see the new one. */
const EARLY_MS = 240_000;

/** The token of the identity the service runs as. */
export function metadataAccessToken(options: { readonly clock: Clock; readonly fetch: typeof fetch }): AccessToken {
  let current: { readonly token: string; readonly untilMs: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async () => {
    const response = await options.fetch(METADATA_URL, {
      headers: { "metadata-flavor": "Google" },
      signal: AbortSignal.timeout(5_000),
    });
    if (!response.ok) throw new Error(`the metadata server answered ${response.status}`);
    const body = (await response.json()) as { access_token: string; expires_in: number };
    current = { token: body.access_token, untilMs: options.clock.now() + body.expires_in * 1_000 - EARLY_MS };
    return body.access_token;
  };
  return async () => {
    if (current && options.clock.now() < current.untilMs) return current.token;
    asking ??= ask().finally(() => (asking = undefined));
    return asking;
  };
}
