import type { IncomingHttpHeaders } from "node:http";
import { REMOVED_SIGNATURE } from "../../../contract/environment";
import type { TargetSpec } from "../target";
import type { Tokens } from "../tokens";

/** As node has them: lower-case names, lists where a header came more than once. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>;

export type Admission =
  | {
      readonly admitted: true;
      /** As the target sees them. */
      readonly headers: Headers;
    }
  | {
      readonly admitted: false;
      readonly status: 401 | 403;
      /** For a person: why, as a clause. */
      readonly reason: string;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** Cloud Run looks at the second only where the first is absent: https://docs.cloud.google.com/run/docs/authenticating/service-to-service */
const TOKEN_HEADERS = ["x-serverless-authorization", "authorization"] as const;

/** What Cloud Run's front end says of a token that it does not accept. */
const CHALLENGE = {
  "www-authenticate": 'Bearer error="invalid_token" error_description="The access token could not be verified"',
};

/**
 * Decides as Cloud Run's front end whether a request may reach a target: the caller must hold `roles/run.invoker`.
 * Where `allUsers` holds it nobody is asked, and the request passes as it is.
 */
export async function admit(spec: TargetSpec, headers: IncomingHttpHeaders, tokens: Tokens): Promise<Admission> {
  if (spec.invokers.includes("allUsers")) return { admitted: true, headers };
  const name = TOKEN_HEADERS.find((each) => headers[each] !== undefined);
  if (name === undefined)
    return { admitted: false, status: 403, reason: "the request has no token, and the target is not public" };
  const token = /^bearer\s+(\S+)\s*$/i.exec(String(headers[name]))?.[1];
  if (token === undefined)
    return { admitted: false, status: 401, reason: `its ${name} header has no bearer token`, headers: CHALLENGE };
  const verification = await tokens.verify(token, { audiences: spec.audiences });
  if (!verification.valid)
    return { admitted: false, status: 401, reason: `its token ${verification.fault}`, headers: CHALLENGE };
  const { email } = verification.claims;
  const mayCall = [`serviceAccount:${email}`, "allAuthenticatedUsers"].some((member) => spec.invokers.includes(member));
  if (!mayCall) return { admitted: false, status: 403, reason: `${email} does not hold roles/run.invoker on it` };
  return { admitted: true, headers: { ...headers, [name]: `Bearer ${withoutSignature(token)}` } };
}

/** The claims stay readable; nobody can use the token again. */
const withoutSignature = (token: string): string => `${token.slice(0, token.lastIndexOf(".") + 1)}${REMOVED_SIGNATURE}`;
