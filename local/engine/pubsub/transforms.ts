import { timestamp } from "./envelope";
import { messageFault } from "./limits";
import type { Message, TransformConfig } from "./types";
import { createUdfs } from "./udf";

/** What the transforms of a topic or a subscription make of a message. */
export type Transformed =
  | { readonly message: Message }
  /** A function has returned `null`. */
  | { readonly droppedBy: string }
  /** A function has failed, or made something that Pub/Sub does not carry. */
  | { readonly fault: string };

export interface Transforms {
  /** Lets every transform that is not disabled change the message, in their order. */
  apply(list: readonly TransformConfig[] | undefined, message: Message): Transformed;
  /** Why Google would refuse the list, if it would. */
  fault(list: readonly TransformConfig[] | undefined): string | undefined;
  stop(): void;
}

/** @param limitMs of one function and message @default Google's 500 ms */
export function createTransforms(limitMs?: number): Transforms {
  const udfs = createUdfs(limitMs);
  return {
    apply(list = [], message) {
      let current = message;
      for (const udf of list) {
        if (udf.disabled) continue;
        const { id, data, attributes, orderingKey, publishedMs } = current;
        const text = data.toString();
        const metadata = {
          message_id: id,
          // Without fractions of a second.
          publish_time: timestamp(publishedMs).replace(/\.\d+Z$/, "Z"),
          ...(orderingKey && { ordering_key: orderingKey }),
        };
        const result = udfs.run(udf, { data: text, attributes }, metadata);
        if (result === null) return { droppedBy: udf.functionName };
        if ("fault" in result) return result;
        // Bytes that are no UTF-8 stay what they are unless the function changes them.
        const kept = result.data === text ? data : Buffer.from(result.data);
        current = { ...current, data: kept, attributes: result.attributes };
        const fault = messageFault(current);
        if (fault) return { fault: `${udf.functionName} returned ${fault}` };
      }
      return { message: current };
    },
    fault(list = []) {
      const names = list.map(({ functionName }) => functionName);
      const twice = names.find((name, index) => names.indexOf(name) !== index);
      if (twice !== undefined) return `two message transforms are called ${twice}`;
      for (const udf of list) {
        const fault = udfs.fault(udf);
        if (fault !== undefined) return fault;
      }
      return undefined;
    },
    stop: () => udfs.stop(),
  };
}
