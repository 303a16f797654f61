/**
 * Reads one version of an object over the JSON API, as text; undefined when that version is gone. Google's client does
 * the same with a megabyte more in the bundle.
 */
export async function readObject(
  bucket: string,
  name: string,
  generation: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const emulator = process.env["STORAGE_EMULATOR_HOST"];
  const base = emulator ?? "https://storage.googleapis.com";
  const path = `/storage/v1/b/${encodeURIComponent(bucket)}/o/${encodeURIComponent(name)}`;
  const url = `${base}${path}?alt=media&generation=${generation}`;
  const headers: Record<string, string> = emulator ? {} : { authorization: `Bearer ${await accessToken(signal)}` };
  const response = await fetch(url, { headers, signal });
  if (response.status === 404) return undefined;
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.text();
}

/** https://cloud.google.com/compute/docs/access/authenticate-workloads#applications */
async function accessToken(signal: AbortSignal): Promise<string> {
  const url = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token";
  const response = await fetch(url, { headers: { "metadata-flavor": "Google" }, signal });
  if (!response.ok) throw new Error(`the metadata server answered ${response.status}`);
  return ((await response.json()) as { access_token: string }).access_token;
}
