import type { RestResponse } from "../../wire/rest";
import type { StoredObject } from "./types";

/** A fault as the JSON API of Cloud Storage tells it. https://cloud.google.com/storage/docs/json_api/v1/status-codes */
export class GcsError extends Error {
  constructor(
    readonly status: number,
    readonly reason: string,
    message: string,
    readonly location?: string,
  ) {
    super(message);
    this.name = "GcsError";
  }
}

export const invalid = (message: string): GcsError => new GcsError(400, "invalid", message);
export const noBucket = (name: string): GcsError =>
  new GcsError(404, "notFound", `The specified bucket does not exist: ${name} is no bucket of the stack.`);
export const noObject = (bucket: string, name: string, generation?: string): GcsError =>
  new GcsError(404, "notFound", `No such object: ${bucket}/${name}${generation === undefined ? "" : `#${generation}`}`);
export const conditionNotMet = (location: string): GcsError =>
  new GcsError(
    412,
    "conditionNotMet",
    "At least one of the pre-conditions you specified did not hold.",
    location.startsWith("if") ? location : undefined,
  );
export const held = ({ bucket, name }: StoredObject): GcsError =>
  new GcsError(
    403,
    "forbidden",
    `Object '${bucket}/${name}' is under active hold and cannot be deleted or overwritten.`,
  );
export const notEmpty = (): GcsError => new GcsError(409, "conflict", "The bucket you tried to delete is not empty.");
export const notServed = (what: string): GcsError =>
  new GcsError(501, "notImplemented", `the engine does not serve ${what}`);

/** The body of an error. */
export const gcsErrorResponse = ({ status, reason, message, location }: GcsError): RestResponse => ({
  status,
  headers: { "content-type": "application/json; charset=UTF-8" },
  body: JSON.stringify({
    error: {
      code: status,
      message,
      errors: [
        {
          message,
          domain: "global",
          reason,
          ...(location !== undefined && { locationType: "parameter", location }),
        },
      ],
    },
  }),
});
