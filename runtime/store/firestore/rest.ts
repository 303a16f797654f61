import { StoreUnavailable } from "../../errors";
import type { AccessToken } from "../../google/access-token";
import { brief, Refused } from "../../google/http";
import type { RestFields } from "./values";

/** https://cloud.google.com/firestore/docs/reference/rest/v1/Write */
export type RestWrite =
  | {
      readonly update: { readonly name: string; readonly fields: RestFields };
      readonly currentDocument?: { readonly exists: boolean } | { readonly updateTime: string };
    }
  | { readonly delete: string };

export interface RestDocument {
  readonly name: string;
  readonly fields?: RestFields;
  readonly updateTime: string;
}

/** One element of a `:batchGet` answer. */
export interface RestFound {
  readonly found?: RestDocument;
  readonly missing?: string;
  readonly readTime: string;
}

export interface RestOptions {
  /** `projects/{project}/databases/{database}` */
  readonly database: string;
  /** `host:port` of an emulator or of the local engine. @default Google */
  readonly emulatorHost?: string | undefined;
  readonly accessToken: AccessToken;
  readonly fetch: typeof fetch;
}

/** The two calls the store is made of. Both reject with `StoreUnavailable` when their outcome is unknown. */
export interface Rest {
  /** Resolves to the update time of each write, or to undefined when a precondition failed and nothing was written. */
  commit(writes: readonly RestWrite[]): Promise<readonly string[] | undefined>;
  /** `documents.get` says nothing about the time of the read; this does. */
  batchGet(names: readonly string[]): Promise<readonly RestFound[]>;
  /** Names of a root collection's documents, ascending, from after `after` on. */
  names(collection: string, limit: number, after?: string): Promise<readonly string[]>;
}

/**
 * Statuses of https://cloud.google.com/firestore/docs/use-rest-api that mean that a precondition failed. HTTP's own codes
 * do not tell them apart: 409 is also ABORTED (contention, to be tried again), 400 also INVALID_ARGUMENT (our fault).
 */
const PRECONDITION_FAILED = ["ALREADY_EXISTS", "FAILED_PRECONDITION", "NOT_FOUND"];
const OUR_FAULT = ["INVALID_ARGUMENT", "PERMISSION_DENIED", "UNAUTHENTICATED", "UNIMPLEMENTED", "OUT_OF_RANGE"];

export function firestoreRest({ database, emulatorHost, accessToken, fetch }: RestOptions): Rest {
  const base = `${emulatorHost ? `http://${emulatorHost}` : "https://firestore.googleapis.com"}/v1/${database}/documents`;

  const call = async (method: string, body: unknown): Promise<{ readonly status: string; readonly body: unknown }> => {
    let response: Response;
    try {
      // The emulators let `owner` do anything; without it their security rules apply.
      const token = emulatorHost ? "owner" : await accessToken();
      response = await fetch(`${base}:${method}`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
        body: JSON.stringify(body),
        // Sockets live by the wall clock, whatever the scale of the engine.
        signal: AbortSignal.timeout(10_000),
      });
      if (response.ok) return { status: "OK", body: await response.json() };
    } catch (error) {
      throw new StoreUnavailable(`Firestore :${method}: ${(error as Error).message}`, { cause: error });
    }
    const text = await response.text().catch(() => "");
    const status = statusOf(text);
    if (PRECONDITION_FAILED.includes(status)) return { status, body: undefined };
    const message = `Firestore :${method}: ${response.status} ${brief(text)}`;
    if (OUR_FAULT.includes(status)) throw new Refused(message, "Firestore", response.status);
    throw new StoreUnavailable(message);
  };

  const nowhere = (method: string, status: string) =>
    new Refused(`Firestore :${method}: ${status}; is there a database ${database}?`, "Firestore", 404);

  return {
    async commit(writes) {
      const { status, body } = await call("commit", { writes });
      if (status !== "OK") return undefined;
      const { writeResults = [], commitTime } = body as {
        readonly writeResults?: readonly { readonly updateTime?: string }[];
        readonly commitTime: string;
      };
      return writes.map((_, i) => writeResults[i]?.updateTime ?? commitTime);
    },
    async batchGet(names) {
      const { status, body } = await call("batchGet", { documents: names });
      if (status !== "OK") throw nowhere("batchGet", status);
      return body as readonly RestFound[];
    },
    async names(collection, limit, after) {
      // https://cloud.google.com/firestore/docs/reference/rest/v1/StructuredQuery
      const { status, body } = await call("runQuery", {
        structuredQuery: {
          select: { fields: [{ fieldPath: "__name__" }] },
          from: [{ collectionId: collection }],
          orderBy: [{ field: { fieldPath: "__name__" }, direction: "ASCENDING" }],
          ...(after && { startAt: { values: [{ referenceValue: after }], before: false } }),
          limit,
        },
      });
      if (status !== "OK") throw nowhere("runQuery", status);
      return (body as readonly { readonly document?: RestDocument }[]).flatMap(({ document }) => document?.name ?? []);
    },
  };
}

function statusOf(text: string): string {
  try {
    const parsed = JSON.parse(text) as ErrorBody | readonly ErrorBody[];
    // A streaming method reports its error as the only element of an array.
    return (Array.isArray(parsed) ? (parsed as readonly ErrorBody[])[0] : (parsed as ErrorBody))?.error?.status ?? "";
  } catch {
    return "";
  }
}

interface ErrorBody {
  readonly error?: { readonly status?: string };
}
