import type { DocumentData } from "../../../runtime/store/store";
import { decodeFields, type RestFields } from "../../../runtime/store/firestore/values";

/** Reads a document over REST, as somebody other than the store would. */
export function documentReader(host: string, database: string, send: typeof fetch = fetch) {
  return async (path: string): Promise<DocumentData | undefined> => {
    const response = await send(`http://${host}/v1/${database}/documents/${path}`, {
      headers: { authorization: "Bearer owner" },
    });
    if (response.status === 404) return undefined;
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    const { fields = {} } = (await response.json()) as { fields?: RestFields };
    return decodeFields(fields);
  };
}
