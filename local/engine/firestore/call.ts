import type { RestResponse } from "../../wire/rest";
import type { Random } from "../random";
import type { Documents } from "./documents";

/** What every method of the documents API works with. */
export interface Context {
  readonly documents: Documents;
  readonly random: Random;
  readonly exists: (database: string) => boolean;
}

/** A request that has found its method. */
export interface Call extends Context {
  /** `projects/{p}/databases/{d}` */
  readonly database: string;
  /** Resource name of the document or collection: the path without its verb. */
  readonly name: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export type Method = (call: Call) => RestResponse;
