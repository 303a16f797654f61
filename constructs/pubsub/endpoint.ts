import type { IPushTarget } from "../core";

/**
 * A push target that Google's IAM does not guard: a server of one's own. It must check the caller's token itself.
 * @param url `https://…`
 * @param options audience of the token, by default the URL; `requestTimeoutSeconds` after which the server gives up
 */
export function endpoint(
  url: string,
  options: { readonly audience?: string; readonly requestTimeoutSeconds?: number } = {},
): IPushTarget {
  const { audience = url, requestTimeoutSeconds } = options;
  return { pushEndpoint: url, audience, requestTimeoutSeconds, dependables: [], grantInvoke: () => undefined };
}
