import { DEADLINE_MARGIN_MS } from "../../../contract/contract";
import { ENV } from "../../../contract/environment";
import type { Handler } from "../../../runtime/handler";
import { AUDIENCE, CALLER } from "./tokens";

/** What a construct would set for the handler on Cloud Run, and the platform beside it. */
export function environmentFor({ contract: { manifest, hash } }: Handler): NodeJS.ProcessEnv {
  return {
    [ENV.environment]: "prod",
    [ENV.contractHash]: hash,
    [ENV.deadlineMs]: String(manifest.timeLimitMs + DEADLINE_MARGIN_MS),
    [ENV.maxDeliveryAttempts]: String(manifest.attempts + 2),
    [ENV.auth]: manifest.auth,
    [ENV.audience]: AUDIENCE,
    [ENV.callers]: CALLER,
    [ENV.store]: manifest.store,
    [ENV.firestoreDatabase]: "projects/p/databases/(default)",
    [ENV.deadLetterTopic]: "projects/p/topics/dead",
    K_SERVICE: "orders",
    GOOGLE_CLOUD_PROJECT: "p",
  };
}
