/** A service that has answered with a refusal: asking again is of no use. */
export class Refused extends Error {
  override readonly name = "Refused";
  constructor(
    message: string,
    /** Who refuses, for a person. */
    readonly by: string,
    /** Of HTTP. */
    readonly status: number,
  ) {
    super(message);
  }
}

/** What Google says about a failure, without the rest of the page. */
export function brief(body: string): string {
  try {
    const { error } = JSON.parse(body) as { error?: { status?: string; message?: string } };
    if (error?.message) return `${error.status ?? ""} ${error.message}`.trim();
  } catch {
    // Not JSON: a proxy's page.
  }
  return body.slice(0, 200);
}
