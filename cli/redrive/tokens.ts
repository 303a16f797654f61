import { spawnSync } from "node:child_process";
import type { Clock } from "../../runtime/clock";
import { refusal } from "./google";

/** Tokens live for an hour; one that gcloud has kept may have less than that left. */
const RENEW_MS = 300_000;

/** A token that is asked for anew every five minutes. */
export function renewed(clock: Clock, ask: () => string | Promise<string>): () => Promise<string> {
  let current: { readonly token: Promise<string>; readonly untilMs: number } | undefined;
  return async () => {
    if (current && clock.now() < current.untilMs) return current.token;
    const token = Promise.resolve(ask());
    current = { token, untilMs: clock.now() + RENEW_MS };
    token.catch(() => (current = undefined));
    return token;
  };
}

/** https://cloud.google.com/sdk/gcloud/reference/auth/print-access-token */
export function gcloudToken(env: NodeJS.ProcessEnv): string {
  const { stdout, status } = spawnSync("gcloud", ["auth", "print-access-token"], { encoding: "utf8", env });
  if (status === 0 && stdout.trim()) return stdout.trim();
  throw refusal("gcloud has no access token", "run `gcloud auth login`, or set GOOGLE_OAUTH_ACCESS_TOKEN");
}
