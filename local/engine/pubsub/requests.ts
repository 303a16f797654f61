import { StatusError } from "../../wire/rest";
import type { ProtoJson } from "../../wire/proto-json";
import type { Subscription } from "./subscription";

export interface Paging {
  readonly pageSize?: number;
  readonly pageToken?: string;
}

/** A resource name of a request; one that is left out names nothing. */
export const nameIn = (request: ProtoJson, field: string): string => (request[field] as string | undefined) ?? "";

/** One page of a list; the token is the position of the next item. */
export function page(field: string, items: readonly unknown[], { pageSize, pageToken }: Paging): ProtoJson {
  const from = pageToken ? Number(pageToken) : 0;
  if (!(Number.isInteger(from) && from >= 0))
    throw new StatusError("INVALID_ARGUMENT", `page token "${pageToken}" is not ours`);
  const to = pageSize ? from + pageSize : items.length;
  return { [field]: items.slice(from, to), ...(to < items.length && { nextPageToken: String(to) }) };
}

/**
 * The current resource with the masked fields taken from the update; a masked field that the update leaves out is unset.
 * @throws INVALID_ARGUMENT for an empty mask and for fields that cannot be updated
 */
export function masked(
  current: ProtoJson,
  update: ProtoJson,
  mask: string | undefined,
  updatable: readonly string[],
): ProtoJson {
  const paths = (mask ?? "").split(",").filter(Boolean);
  if (paths.length === 0) throw new StatusError("INVALID_ARGUMENT", "The update_mask must be set and not empty.");
  const result: Record<string, unknown> = { ...current };
  for (const path of paths) {
    const field = path.split(".")[0]!;
    if (!updatable.includes(field))
      throw new StatusError("INVALID_ARGUMENT", `Invalid update_mask provided: ${path} cannot be updated.`);
    if (update[field] === undefined) delete result[field];
    else result[field] = update[field];
  }
  return result;
}

/** @throws FAILED_PRECONDITION when the subscription is detached (pubsub.proto, Subscription.detached) */
export function refuseDetached({ config }: Pick<Subscription, "config">): void {
  if (config.detached) throw new StatusError("FAILED_PRECONDITION", `Subscription is detached (${config.name}).`);
}
